"""Training that stands still: no step of any rank, or none of one rank while others go on."""

from __future__ import annotations

import statistics
from collections import deque
from collections.abc import Iterator
from itertools import pairwise

from mlperf_tui.records import Mark
from mlperf_tui.session.pauses import pause

TIMES = 10
AT_LEAST_NS = 60_000_000_000
FIRST_STEPS = 3
"""Before so many steps of a rank nothing is usual yet: the first one compiles, loads and warms up."""

KEPT_STEPS = 128
WHAT_HELPS = "(d shows where each rank is)"
LAG_NS = 10_000_000_000
"""Steps of other ranks may still come after a pause's mark; those that come later show that it is over, unmarked."""


class Silence:
    """Keeps the last steps' times of each rank. A mark is a sign of life as a step is.

    `is_marked` says whether run_start or run_stop came, `is_over` whether the last of them was run_stop.
    """

    def __init__(self) -> None:
        self.steps = 0
        self.is_over = self.is_marked = False
        self._times: dict[int, deque[int]] = {}
        self._mark_t = 0
        self._pauses: dict[str, int] = {}
        self._told_t: int | None = None
        self._told_ranks: dict[int, int] = {}

    def step(self, rank: int, t: int) -> None:
        """A rank's step ended at `t` (ns)."""
        self.steps += 1
        try:
            self._times[rank].append(t)
        except KeyError:
            self._times[rank] = deque((t,), maxlen=KEPT_STEPS)

    def mark(self, mark: Mark) -> None:
        self._mark_t = mark.t
        if mark.key in {"run_start", "run_stop"}:
            self.is_over, self.is_marked = mark.key == "run_stop", True
        elif (found := pause(mark.key)) is not None:
            name, begins = found
            self._pauses.pop(name, None)
            if begins:
                self._pauses[name] = mark.t

    def look(self, now: int) -> Iterator[tuple[str, str]]:
        """The run as a whole first; while it stands still, no rank of it is behind the others."""
        usual = {rank: self._usual_ns(times) for rank, times in self._times.items()}
        known = [each for each in usual.values() if each is not None]
        if self.is_over or not known:
            return
        newest = max(times[-1] for times in self._times.values())
        self._end_pauses(newest)
        if self._pauses:
            return
        silent = now - max(newest, self._mark_t)
        if silent >= _patience(max(known)):
            if self._told_t != newest:
                self._told_t = newest
                lasted, usually = _seconds(now - newest), _seconds(max(known))
                yield "no-step", f"no step for {lasted}; usually one takes {usually} {WHAT_HELPS}"
        else:
            yield from self._ranks_behind(newest, usual)

    def _ranks_behind(self, newest: int, usual: dict[int, int | None]) -> Iterator[tuple[str, str]]:
        for rank, times in self._times.items():
            step_ns, behind = usual[rank], newest - times[-1]
            if step_ns is None or behind < _patience(step_ns) or self._told_ranks.get(rank) == times[-1]:
                continue
            self._told_ranks[rank] = times[-1]
            yield "rank-silent", f"rank {rank} has made no step for {_seconds(behind)} while others went on"

    def _end_pauses(self, newest: int) -> None:
        self._pauses = {name: t for name, t in self._pauses.items() if newest - t < LAG_NS}

    @staticmethod
    def _usual_ns(times: deque[int]) -> int | None:
        if len(times) < FIRST_STEPS:
            return None
        return round(statistics.median(later - sooner for sooner, later in pairwise(times)))


def _patience(step_ns: int) -> int:
    return max(AT_LEAST_NS, TIMES * step_ns)


def _seconds(ns: int) -> str:
    return f"{ns / 1e9:.0f} s" if ns >= 10_000_000_000 else f"{ns / 1e9:.2g} s"
