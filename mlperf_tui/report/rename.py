"""Rename a session everywhere that its name stands: in its plan, and in the summary that was made of it."""

from __future__ import annotations

import contextlib
import json

from mlperf_tui.session.folder import Folder, write_whole


def rename(folder: Folder, name: str | None) -> None:
    """Give the session another name, or none. Raises MlperfTuiError when its plan can't be read or written."""
    folder.rename(name)
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
        body = json.loads(folder.summary.read_text())
        body["session"]["name"] = body["plan"]["name"] = name or None
        write_whole(folder.summary, json.dumps(body, indent=2, ensure_ascii=False) + "\n")
