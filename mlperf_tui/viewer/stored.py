"""What an ended session's stored summary says: the verdict over the whole run, which its last seconds can't give."""

from __future__ import annotations

import json

from mlperf_tui.analysis.bottleneck import Verdict
from mlperf_tui.session.folder import Folder


def verdict(folder: Folder) -> Verdict | None:
    """What limited the run; None where no summary tells."""
    try:
        told = json.loads(folder.summary.read_text())["limited_by"]
        return Verdict(told["value"], tuple(told["evidence"]), told["advice"]) if told["value"] else None
    except (OSError, ValueError, KeyError, TypeError):
        return None
