"""Threads folded by name: the CPU time that each took, and the functions in which it was seen."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from mlperf_tui.records import FrameReading, ThreadInfo, ThreadReading

NAMES = 64
FRAMES = 16
OTHER = "other"
"""So many names, and frames of each, are kept; all beyond them, and threads without a name, are summed under this."""

LONGEST_NS = 10_000_000_000
"""A reading stands for the time since the one before, but not for a pause of the recorder."""


@dataclass(slots=True)
class ThreadTotals:
    """All threads of one name: `frames` counts how often each function, as `function file`, was the innermost."""

    cpu_s: float = 0.0
    frames: Counter[str] = field(default_factory=Counter)

    def merge(self, other: ThreadTotals) -> None:
        self.cpu_s += other.cpu_s
        self.frames.update(other.frames)

    def bounded(self) -> ThreadTotals:
        """The same with no more than FRAMES functions, and the rest as one."""
        kept = Counter(dict(self.frames.most_common(FRAMES)))
        if rest := self.frames.total() - kept.total():
            kept[OTHER] += rest
        return ThreadTotals(self.cpu_s, kept)


class ThreadFold:
    """Takes ThreadInfo, ThreadReading and FrameReading; a thread's name holds until it is said anew."""

    def __init__(self) -> None:
        self._names: dict[int, str] = {}
        self._read_t: int | None = None
        self._totals: dict[str, ThreadTotals] = {}

    def name(self, info: ThreadInfo) -> None:
        self._names[info.tid] = info.name

    def read(self, reading: ThreadReading, *, counts: bool) -> None:
        """Add the CPU time since the reading before, if it `counts`."""
        passed_s = min(LONGEST_NS, reading.t - (self._read_t or reading.t)) / 1e9
        self._read_t = reading.t
        if not counts or passed_s <= 0:
            return
        for tid, cores in zip(reading.tids, reading.cpu_cores, strict=False):
            self._of(tid).cpu_s += (cores or 0.0) * passed_s
        if reading.more_cpu_cores:
            self._named(OTHER).cpu_s += reading.more_cpu_cores * passed_s

    def see(self, reading: FrameReading) -> None:
        """Count where each thread was."""
        for tid, frame in zip(reading.tids, reading.frames, strict=False):
            self._of(tid).frames[_function(frame)] += 1

    def forget(self) -> None:
        """Begin anew; names stay."""
        self._totals = {}

    def begin_after(self, t: int) -> None:
        """Readings up to `t` (monotonic ns) have been counted elsewhere."""
        self._read_t = max(self._read_t or 0, t)

    def merge(self, stored: Mapping[str, Mapping[str, Any]]) -> None:
        """Add what a minute has stored."""
        for name, body in stored.items():
            self._named(name).merge(ThreadTotals(body["cpu_s"], Counter(body["frames"])))
        if len(self._totals) > 2 * NAMES:
            self._totals = self.totals()

    def totals(self) -> dict[str, ThreadTotals]:
        """By name, the busiest first; no more than NAMES, and the rest as one."""
        ranked = sorted(self._totals.items(), key=lambda item: (item[0] == OTHER, -item[1].cpu_s))
        kept = {name: totals.bounded() for name, totals in ranked[:NAMES]}
        for _, totals in ranked[NAMES:]:
            kept.setdefault(OTHER, ThreadTotals()).merge(totals)
        return {name: totals.bounded() for name, totals in kept.items()}

    def to_json(self) -> dict[str, dict[str, Any]]:
        """The same as plain JSON values."""
        return {
            name: {"cpu_s": round(totals.cpu_s, 3), "frames": dict(totals.frames)}
            for name, totals in self.totals().items()
        }

    def _of(self, tid: int) -> ThreadTotals:
        return self._named(self._names.get(tid, OTHER))

    def _named(self, name: str) -> ThreadTotals:
        return self._totals.setdefault(name, ThreadTotals())


def _function(frame: str) -> str:
    """A frame without its line: a function's samples add up, wherever in it they were taken."""
    function, colon, line = frame.rpartition(":")
    return function if colon and line.isdigit() else frame
