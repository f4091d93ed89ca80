"""What was seen of one session: its evidence, what identifies it, and under which conditions it was measured."""

from __future__ import annotations

from dataclasses import dataclass

from mlperf_tui.analysis.ab.evidence import Process
from mlperf_tui.analysis.summary import Summary


@dataclass(frozen=True, slots=True)
class Conditions:
    """The machine while the session was measured, for so many seconds in all. None is unknown.

    `limited_…` are shares of that time (0 to 1) in which a clock was held back, `other_cores` what others took of the
    `cpus` processors, `swapped_bytes` what the host swapped meanwhile, `held_bytes` the most that any of its GPUs held
    before the program had begun.
    """

    measured_s: float = 0.0
    clock_mhz: float | None = None
    limited_power: float | None = None
    limited_thermal: float | None = None
    other_cores: float | None = None
    cpus: int | None = None
    swapped_bytes: float | None = None
    held_bytes: float | None = None


@dataclass(frozen=True, slots=True)
class Seen:
    """One session. `why` says why it is not usable, "" where it is; `summary` holds only what identifies the run."""

    process: Process
    summary: Summary
    conditions: Conditions = Conditions()
    turns: bool = False
    why: str = ""
