"""Marks and alarms as short sentences, in order of time, and which of them a person wants to read."""

from __future__ import annotations

import re
from collections import deque
from typing import Any

from mlperf_tui.records import Alarm, Clock, Mark
from mlperf_tui.session.output import clean
from mlperf_tui.session.status import ENDED_BY
from mlperf_tui.viewer.snapshot import Event

KEPT = 500
QUIET = re.compile(
    r"submission_|([a-z]+_)?opt_|model_|global_batch_size|train_samples|eval_samples|seed|gradient_accumulation"
    r"|cache_clear|init_|epoch_stop|block_stop|eval_start|eval_stop|tracked_stats|data_"
    r"|turn_"
)
"""MLPerf marks its settings and both ends of everything: that is for its checker."""

EPOCH_KEYS = ("epoch_start", "block_start")


class Happened:
    """Collects what happened. Its wall clock is the newest pair of clocks that was recorded."""

    def __init__(self) -> None:
        self.marks: list[Mark] = []
        self._events: deque[tuple[int, str, bool]] = deque(maxlen=KEPT)
        self._alarms: deque[tuple[int, str]] = deque(maxlen=KEPT)
        self._offset_ns: int | None = None

    def clock(self, clock: Clock) -> None:
        self._offset_ns = clock.wall_ns - clock.t

    def mark(self, mark: Mark) -> None:
        if QUIET.match(mark.key):
            return
        self.marks.append(mark)
        self._events.append((mark.t, _sentence(mark), False))

    def alarm(self, alarm: Alarm) -> None:
        text = clean(alarm.text)
        self._alarms.append((alarm.t, text))
        self._events.append((alarm.t, f"alarm: {text}", True))

    def wall_ns(self, t: int) -> int | None:
        """A monotonic moment since the epoch."""
        return None if self._offset_ns is None else t + self._offset_ns

    def events(self) -> tuple[Event, ...]:
        return tuple(Event(t, self.wall_ns(t), text, alarm) for t, text, alarm in self._events)

    def alarms(self) -> tuple[Event, ...]:
        return tuple(Event(t, self.wall_ns(t), text, alarm=True) for t, text in self._alarms)

    def epoch(self) -> int | None:
        """The newest epoch that began."""
        return next((found for mark in reversed(self.marks) if (found := _epoch(mark)) is not None), None)


def _epoch(mark: Mark) -> int | None:
    if mark.key not in EPOCH_KEYS:
        return None
    for said in (mark.metadata.get("epoch_num"), mark.metadata.get("first_epoch_num"), mark.value):
        if isinstance(said, int):
            return int(said)
    return None


CHECKPOINTS = {
    "checkpoint_saved": "checkpoint {}, after step {}",
    "checkpoint_failed": "no checkpoint after step {1}: {0}",
}


STATUSES = {"aborted": "aborted: no target reached"}
"""Beside a run that finished MLPerf's own word alone looks like an error."""


def _sentence(mark: Mark) -> str:
    said = _value(mark.value)
    if mark.key in CHECKPOINTS and isinstance(step := mark.metadata.get("step"), int):
        return clean(CHECKPOINTS[mark.key].format(said, f"{step:,}"))
    epoch = mark.metadata.get("epoch_num")
    status = mark.metadata.get("status")
    extra = [f"epoch {epoch}"] if epoch is not None else []
    extra += [STATUSES.get(status, str(status))] if status is not None else []
    extra += [ENDED_BY[by]] if (by := mark.metadata.get("ended_by")) in ENDED_BY else []
    return clean(" ".join([mark.key, *([said] if said else []), *([f"({', '.join(extra)})"] if extra else [])]))


def _value(value: Any) -> str:
    if value is None or isinstance(value, bool):
        return "" if value is None else str(value).lower()
    if isinstance(value, dict):
        return ", ".join(f"{name} {_value(inner)}" for name, inner in value.items())
    return f"{value:.4g}" if isinstance(value, float) else str(value)
