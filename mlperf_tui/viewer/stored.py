"""What limited an ended run as a whole: its summary says it, which its last seconds can't."""

from __future__ import annotations

import json
from typing import Any

from mlperf_tui.analysis.bottleneck import Verdict
from mlperf_tui.analysis.summarise import summarise
from mlperf_tui.session.folder import Folder
from mlperf_tui.session.rollup import whole
from mlperf_tui.session.status import Status


def verdict(folder: Folder, state: Status) -> Verdict | None:
    """As the stored summary has it, else worked out; None where nothing is known of the run."""
    told = _told(folder)
    if told is None:
        found = summarise(folder.plan(), state, whole(folder)).limited_by
        told = {"value": found.value, "evidence": found.evidence, "advice": found.advice}
    return Verdict(told["value"], tuple(told["evidence"]), told["advice"] or "") if told["value"] else None


def _told(folder: Folder) -> dict[str, Any] | None:
    """None where there is no summary, or one that an earlier version wrote."""
    try:
        told = json.loads(folder.summary.read_text())["limited_by"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return told if isinstance(told, dict) and told.keys() >= {"value", "evidence", "advice"} else None
