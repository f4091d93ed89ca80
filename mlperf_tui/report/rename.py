"""Rename a session everywhere that its name stands: in its plan, and in the summary that was made of it."""

from __future__ import annotations

import contextlib
import json

from mlperf_tui.session.experiments import Either, ExperimentFolder
from mlperf_tui.session.folder import write_whole
from mlperf_tui.session.names import check_name


def rename(folder: Either, name: str | None) -> None:
    """Give the session or the experiment another name, or none.

    Raises MlperfTuiError when its plan can't be read or written, and for a name that is reserved.
    """
    check_name(name)
    folder.rename(name)
    if isinstance(folder, ExperimentFolder):
        return
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
        body = json.loads(folder.summary.read_text())
        body["session"]["name"] = body["plan"]["name"] = name or None
        write_whole(folder.summary, json.dumps(body, indent=2, ensure_ascii=False) + "\n")
