"""One rank of a process that takes turns: its steps file, line by line, into what counts of each window.

A stretch runs from a mark `turn_start` to the next `turn_wait`. The first one that has steps is the warm-up, and so is
a later one of fewer steps than `LEAST_STEPS`: warming up takes several short turns where step times settle late.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field

from mlperf_tui.records import About, Late, Mark, Record, Step
from mlperf_tui.report.ab.losses import Curve

LEFT_OUT = 2
"""The first steps of a window: the pause before them may have cooled clocks and caches."""

LEAST_STEPS = 6


@dataclass(slots=True)
class Timed:
    """One step: when it ended (monotonic ns), samples, seconds by the host (data wait included) and by the GPU."""

    t: int
    samples: int
    host_s: float
    data_s: float | None
    gpu_s: float | None = None


@dataclass(frozen=True, slots=True)
class Sums:
    """Steps of one window that count, from `since` (ns) on; `gpu_…` are those that the GPU has timed."""

    since: int
    steps: int
    samples: int
    host_s: float
    data_s: float | None
    gpu_steps: int
    gpu_samples: int
    gpu_s: float


@dataclass(frozen=True, slots=True)
class Stretch:
    """One window: `plain` without its first two steps, `steady` without those that loaders had prepared as well."""

    until: int
    steps: int
    plain: Sums
    steady: Sums


@dataclass(slots=True)
class RankTurns:
    """Adds up one rank's records, in the order in which they were written."""

    about: About | None = None
    stretches: list[Stretch] = field(default_factory=list)
    curve: Curve = field(default_factory=Curve)
    nan_steps: int = 0
    skipped_steps: int = 0
    memory_peak_bytes: int | None = None
    _since: int | None = None
    _warm: bool = False
    _open: dict[int, Timed] = field(default_factory=dict)

    def add(self, record: Record) -> None:
        """Take in one record."""
        self.curve.add(record)
        match record:
            case About():
                self.about = record
            case Step() if self._since is not None:
                self._step(record)
            case Late():
                self._late(record)
            case Mark(key="turn_start"):
                self._since, self._open = record.t, {}
            case Mark(key="turn_wait"):
                self._close(record.t)

    def _step(self, step: Step) -> None:
        seconds = (step.host_s or 0.0) + (step.data_s or 0.0)
        self._open[step.n] = Timed(step.t, step.samples or 0, seconds, step.data_s)

    def _late(self, late: Late) -> None:
        if late.n in self._open and late.gpu_s is not None:
            self._open[late.n].gpu_s = late.gpu_s
        self.nan_steps += late.loss is not None and not math.isfinite(late.loss)
        self.skipped_steps += bool(late.skipped)
        told = [size for size in (self.memory_peak_bytes, late.memory_allocated_bytes) if size is not None]
        self.memory_peak_bytes = max(told, default=None)

    def _close(self, t: int) -> None:
        since, steps = self._since, list(self._open.values())
        self._since, self._open = None, {}
        if since is None or not steps:
            return
        if self._warm and len(steps) >= LEAST_STEPS:
            ahead = (self.about.batches_ahead or 0) if self.about else 0
            plain, steady = (_sums(since, steps, left_out) for left_out in (LEFT_OUT, LEFT_OUT + ahead))
            self.stretches.append(Stretch(t, len(steps), plain, steady))
        self._warm = True


def _sums(since: int, steps: list[Timed], left_out: int) -> Sums:
    """Of all steps but the first `left_out`."""
    counted = steps[left_out:]
    by_gpu = [step for step in counted if step.gpu_s is not None]
    return Sums(
        since=([since] + [step.t for step in steps[:left_out]])[-1],
        steps=len(counted),
        samples=sum(step.samples for step in counted),
        host_s=sum(step.host_s for step in counted),
        data_s=_all(step.data_s for step in counted),
        gpu_steps=len(by_gpu),
        gpu_samples=sum(step.samples for step in by_gpu),
        gpu_s=sum(step.gpu_s or 0.0 for step in by_gpu),
    )


def _all(values: Iterable[float | None]) -> float | None:
    """The sum, unknown as soon as one is."""
    known = list(values)
    return None if None in known else sum(value for value in known if value is not None)
