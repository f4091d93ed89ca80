"""What limited an ended run as a whole: its summary says it, which its last seconds can't."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from mlperf_tui.analysis.bottleneck import Verdict
from mlperf_tui.analysis.bottleneck.evidence import UNKNOWN
from mlperf_tui.session.folder import Folder
from mlperf_tui.session.status import Status


def verdict(folder: Folder, state: Status) -> Verdict:
    """As the stored summary has it, else worked out; unknown with its reason where it can't be told."""
    told = _told(folder)
    if told is None:
        from mlperf_tui.analysis.summarise import summarise  # noqa: PLC0415  seldom needed, and slow to import
        from mlperf_tui.session.rollup import whole  # noqa: PLC0415

        found = summarise(folder.plan(), state, whole(folder))
        told = {"limited_by": asdict(found.limited_by), "unknown": found.unknown}
    limit = told["limited_by"]
    if limit["value"]:
        return Verdict(limit["value"], tuple(limit["evidence"]), limit["advice"] or "")
    why = told.get("unknown", {}).get("limited_by.value")
    return Verdict(UNKNOWN, (why,) if why else (), limit["advice"] or "")


def _told(folder: Folder) -> dict[str, Any] | None:
    """None where there is no summary, or one that an earlier version wrote."""
    try:
        told = json.loads(folder.summary.read_text())
        limit, unknown = told["limited_by"], told["unknown"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    if not isinstance(limit, dict) or not isinstance(unknown, dict):
        return None
    return told if limit.keys() >= {"value", "evidence", "advice"} else None
