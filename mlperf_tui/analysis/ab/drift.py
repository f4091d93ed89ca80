"""Whether speed moved over the experiment, with the clock and the temperature that may be why.

The process is the unit here too: windows of one process move together. Each arm is centred on its own means, of time
and of value, so that an arm that ran later on average, or is faster, makes no drift of its own.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from statistics import correlation, fmean, linear_regression

from scipy.special import stdtr

from mlperf_tui.analysis.ab.evidence import Process
from mlperf_tui.frozen import frozen

SURE = 0.01
"""Below this probability it is taken for no chance."""

FEWEST = 3
"""Degrees of freedom; a line through fewer points fits anything."""

CLOCK_SHARE = 0.01
TEMPERATURE_C = 3.0
"""A clock and a temperature that move by less are not worth a word."""


@frozen
class Point:
    """One process: when it was measured (seconds, in the middle), and a value of it."""

    arm: str
    at_s: float
    value: float


def drift(processes: Sequence[Process]) -> str | None:
    """What moved, and by how much from the first process to the last, in a sentence; None where nothing surely did."""
    usable = [process for process in processes if process.usable and process.windows]
    speed = moved(_points(usable, lambda process: math.log(process.per_s) if process.per_s else None))
    said = [] if speed is None else [f"speed {_way(speed)} by {100 * abs(math.expm1(speed)):.1f} %"]
    said += _machine(usable)
    if not said:
        return None
    alike = ", in all arms together" if speed is not None else "; speed did not surely move"
    return f"{', '.join(said)} over the experiment{alike}"


def moved(points: Sequence[Point]) -> float | None:
    """The slope over time, times the time from the first point to the last; None where chance may have done it.

    Least squares with one mean for each arm, hence degrees of freedom of points less arms less one.
    """
    freedom = len(points) - len({point.arm for point in points}) - 1
    times, values = _centred(points, lambda point: point.at_s), _centred(points, lambda point: point.value)
    if freedom < FEWEST or not any(times) or not any(values):
        return None
    if _chance(correlation(times, values), freedom) >= SURE:
        return None
    span = max(point.at_s for point in points) - min(point.at_s for point in points)
    return linear_regression(times, values).slope * span


def _chance(r: float, freedom: int) -> float:
    """How probable a correlation at least as strong is where there is none (Student's t, two-sided)."""
    left = max(1 - r * r, 1e-12)
    return 2 * float(stdtr(freedom, -abs(r) * math.sqrt(freedom / left)))


def _centred(points: Sequence[Point], of: Callable[[Point], float]) -> list[float]:
    means = {arm: fmean(of(point) for point in points if point.arm == arm) for arm in {point.arm for point in points}}
    return [of(point) - means[point.arm] for point in points]


def _points(processes: Iterable[Process], of: Callable[[Process], float | None]) -> list[Point]:
    return [Point(process.arm, _middle(process), value) for process in processes if (value := of(process)) is not None]


def _middle(process: Process) -> float:
    """When it was measured: its windows' middles, by their length."""
    seconds = sum(window.seconds for window in process.windows)
    return sum(window.at_s * window.seconds for window in process.windows) / seconds


def _machine(processes: Sequence[Process]) -> Iterator[str]:
    clocks = _points(processes, lambda process: process.metrics.get("clock_mhz"))
    clock = moved(clocks)
    if clock is not None and abs(clock) >= CLOCK_SHARE * fmean(point.value for point in clocks):
        yield f"the clock {_way(clock)} by {abs(clock):.0f} MHz"
    heat = moved(_points(processes, lambda process: process.metrics.get("temperature_c")))
    if heat is not None and abs(heat) >= TEMPERATURE_C:
        yield f"the temperature {_way(heat)} by {abs(heat):.0f} °C"


def _way(change: float) -> str:
    return "fell" if change < 0 else "rose"
