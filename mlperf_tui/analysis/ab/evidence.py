"""What one process of an experiment contributes: the unit of evidence is the process, never its steps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field

from mlperf_tui.frozen import frozen


@frozen
class Window:
    """A stretch of steps in which this process alone was measured, its warm-up left out.

    `at_s` is its middle in seconds from the experiment's start; `left_out` counts the steps before it that don't count.
    """

    at_s: float
    steps: int
    samples: int
    seconds: float
    left_out: int = 0
    data_wait_share: float | None = None

    @property
    def per_s(self) -> float:
        """Samples a second, of all ranks."""
        return self.samples / self.seconds


@frozen
class Outcome:
    """The benchmark's metric where a process evaluated: its last value, and when it first reached the target."""

    metric: str
    direction: str
    value: float
    target: float | None = None
    reached: bool | None = None
    time_to_target_s: float | None = None


@frozen
class Process:
    """One process of one arm. `pair` counts from 1; pair i has the same seed in all arms.

    `losses` are (samples trained so far, loss of that step), rank 0's, at most 2,000 of them, in order. `metrics` are
    by the names of `analysis.ab.changes.METRICS`, over its windows alone; one that is unknown is None, or absent.
    `usable` is False for a process that failed, or was cut off before its evidence was complete, or that does not
    count for what `counting` says: it is listed, and counts nowhere. `spans` are the times, from and until in seconds
    from the experiment's start, in which it should have had the machine for itself: its windows where it takes turns,
    else its whole life.
    """

    session: str
    arm: str
    pair: int
    status: str
    usable: bool
    seed: int | None = None
    unit: str = "samples/s"
    windows: tuple[Window, ...] = ()
    source: str | None = None
    losses: tuple[tuple[float, float], ...] = ()
    outcome: Outcome | None = None
    nan_steps: int = 0
    skipped_steps: int = 0
    loss_scaled: bool = False
    metrics: Mapping[str, float | None] = field(default_factory=dict)
    spans: tuple[tuple[float, float], ...] = ()
    can_be_learned: bool = True
    """False for data that repeats one batch (`synthetic`)."""

    @property
    def per_s(self) -> float | None:
        """Samples a second over all its windows; None where none was measured."""
        seconds = sum(window.seconds for window in self.windows)
        return sum(window.samples for window in self.windows) / seconds if seconds > 0 else None
