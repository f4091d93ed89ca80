"""The benchmark's own metric in both arms, where every process evaluated it."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean
from typing import TypedDict

from mlperf_tui.analysis.ab.evidence import Outcome, Process


class Reached(TypedDict, total=False):
    """These fields of a Learning."""

    metric: str
    final_a: float
    final_b: float
    time_to_target_a_s: float
    time_to_target_b_s: float


def outcomes(a: Sequence[Process], b: Sequence[Process]) -> Reached:
    """Mean last values, and mean times to the target where every process of both arms reached it; else nothing."""
    of_a, of_b = _all(a), _all(b)
    if not of_a or not of_b or len({outcome.metric for outcome in (*of_a, *of_b)}) != 1:
        return {}
    found: Reached = {
        "metric": of_a[0].metric,
        "final_a": fmean(outcome.value for outcome in of_a),
        "final_b": fmean(outcome.value for outcome in of_b),
    }
    time_a, time_b = _time(of_a), _time(of_b)
    if time_a is not None and time_b is not None:
        found["time_to_target_a_s"], found["time_to_target_b_s"] = time_a, time_b
    return found


def _all(processes: Sequence[Process]) -> list[Outcome]:
    """Every process's outcome; none where one has none."""
    known = [process.outcome for process in processes if process.outcome is not None]
    return known if len(known) == len(processes) else []


def _time(of: Sequence[Outcome]) -> float | None:
    times = [one.time_to_target_s for one in of if one.reached and one.time_to_target_s is not None]
    return fmean(times) if len(times) == len(of) else None
