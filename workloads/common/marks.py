"""MLPerf's marks: `:::MLLOG` lines on stdout, and the same in the session.

The line's form and the keys are those of MLPerf's own mllog; the official compliance checker reads them.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

from mlperf_tui.steps import Steps
from workloads.common.ranks import ranks
from workloads.common.say import say

TOKEN = ":::MLLOG"  # noqa: S105  the line's mark, no secret


class Marks:
    """Says what happens in a run, by MLPerf's keys; an interval's keys end in `_start` and `_stop`.

    Of several ranks the first one says it.
    """

    def __init__(self, steps: Steps) -> None:
        self._steps = steps

    def point(self, key: str, value: Any = None, **metadata: Any) -> None:
        """One fact or one moment, such as `point("eval_accuracy", 0.75, epoch_num=3)`."""
        self._say("POINT_IN_TIME", key, value, metadata)

    def start(self, key: str, **metadata: Any) -> None:
        """An interval begins: `start("epoch", epoch_num=1)` says epoch_start."""
        self._say("INTERVAL_START", f"{key}_start", None, metadata)

    def stop(self, key: str, **metadata: Any) -> None:
        """An interval ends: `stop("run", status="success")` says run_stop."""
        self._say("INTERVAL_END", f"{key}_stop", None, metadata)

    def _say(self, event: str, key: str, value: Any, metadata: dict[str, Any]) -> None:
        caller = sys._getframe(2)
        place = {"file": Path(caller.f_code.co_filename).name, "lineno": caller.f_lineno}
        if ranks().first:
            say(line(event, key, value, {**place, **metadata}, time.time_ns() // 1_000_000))
            self._steps.mark(key, value, **metadata)


def line(event: str, key: str, value: Any, metadata: dict[str, Any], time_ms: int) -> str:
    """One line, its fields in mllog's order; `time_ms` counts from the epoch."""
    said = {
        "namespace": "",
        "time_ms": time_ms,
        "event_type": event,
        "key": key,
        "value": value,
        "metadata": metadata,
    }
    return f"{TOKEN} {json.dumps(said)}"


def submission(marks: Marks, benchmark: str, platform: str) -> None:
    """The lines that head every MLPerf log. Ours is no submission, and says so by its organisation."""
    marks.point("submission_benchmark", benchmark)
    marks.point("submission_division", "open")
    marks.point("submission_org", "not submitted")
    marks.point("submission_platform", platform)
    marks.point("submission_status", "research")
    marks.point("cache_clear", value=False)
