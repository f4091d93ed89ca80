"""What an experiment comes to, in the names that its report and other programs rely on. B is held against A."""

from __future__ import annotations

import math

from mlperf_tui.analysis.ab.evidence import Process
from mlperf_tui.frozen import frozen


@frozen
class Look:
    """The ratio B over A as it stood after so many pairs, with the interval that holds it (see `intervals`)."""

    pairs: int
    ratio: float
    low: float
    high: float

    @property
    def half_width(self) -> float:
        """Half the interval's width as a share of the ratio, on the scale of logarithms: 0.02 is ±2 %."""
        return math.sqrt(self.high / self.low) - 1


@frozen
class Speed:
    """`conclusion` is faster, slower or cannot_tell: of B against A. `why` says in a sentence what is missing.

    `looks` are all intervals so far, the last one is the verdict's; `more_pairs` is how many more pairs should narrow
    it to what was asked for, None where that can't be said or is more than an experiment may have; `spread_a` and
    `spread_b` are the standard deviations between processes as shares.
    """

    conclusion: str
    why: str
    looks: tuple[Look, ...] = ()
    settled: bool = False
    more_pairs: int | None = None
    mean_a: float | None = None
    mean_b: float | None = None
    spread_a: float | None = None
    spread_b: float | None = None


@frozen
class Learning:
    """`conclusion` is same, differs or cannot_tell. `difference` is B's loss less A's at `at_samples`.

    `low` and `high` are its interval; `seed_spread` is what a change of seed alone does to the loss there (standard
    deviation within an arm).
    """

    conclusion: str
    why: str
    at_samples: float | None = None
    loss_a: float | None = None
    loss_b: float | None = None
    difference: float | None = None
    low: float | None = None
    high: float | None = None
    seed_spread: float | None = None
    metric: str | None = None
    final_a: float | None = None
    final_b: float | None = None
    time_to_target_a_s: float | None = None
    time_to_target_b_s: float | None = None
    nan_steps_a: int = 0
    nan_steps_b: int = 0
    skipped_steps_a: int = 0
    skipped_steps_b: int = 0


@frozen
class Change:
    """What else changed: means of both arms, and B less A with its 95 % interval; `clear` where that excludes zero."""

    name: str
    label: str
    unit: str
    a: float | None
    b: float | None
    difference: float | None = None
    low: float | None = None
    high: float | None = None
    clear: bool = False


@frozen
class Comparison:
    """Arm B held against arm A. `sentence` is the whole answer in one sentence."""

    a: str
    b: str
    speed: Speed
    learning: Learning
    changes: tuple[Change, ...]
    sentence: str


@frozen
class Ab:
    """The whole experiment. `refused` says why it compares nothing; `warnings` what a reader must know; all sentences.

    `pairs` counts whole pairs: all arms usable. `drift` is a sentence where speed, the clock or the temperature surely
    moved over the experiment, whichever of them did; else None. `counted` are the sessions of whole pairs, which alone
    the answer of an experiment rests on; None for stored sessions, of which all usable ones count.
    """

    factor: str
    arms: tuple[str, ...]
    unit: str
    pairs: int
    within: float
    comparisons: tuple[Comparison, ...]
    processes: tuple[Process, ...]
    refused: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    drift: str | None = None
    counted: frozenset[str] | None = None

    def counts(self, process: Process) -> bool:
        """Whether the answer rests on this process."""
        return process.usable and (self.counted is None or process.session in self.counted)
