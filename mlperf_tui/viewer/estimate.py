"""When the target will be reached: a range from the last evaluations, or nothing where they don't say."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

NEEDED = 3
LAST = 5
WIDEST = 4.0
"""The latest moment is at most this multiple of the earliest: a wider range says nothing."""

EARLIER = 0.1
"""By so much the earliest moment lies before what the best slope says."""


def estimate(
    evaluations: Sequence[tuple[int, float]], target: float | None, direction: str, now: int
) -> tuple[float, float] | None:
    """Seconds from `now` to the target, at the earliest and at the latest, from (ns, value) pairs.

    The slopes of the last evaluations bound it: the whole stretch's and the last one's, since learning slows down.
    It shows only at an evaluation, up to one interval later. None before the third evaluation, without a target, when
    it is reached, or when the metric doesn't move its way or was better long ago.
    """
    if target is None or len(evaluations) < NEEDED:
        return None
    scale = _scale([*(value for _, value in evaluations), target], direction)
    points = [(t / 1e9, scale(value)) for t, value in evaluations[-LAST:]]
    if max(scale(value) for _, value in evaluations) > max(value for _, value in points):
        return None
    left = scale(target) - points[-1][1]
    slopes = (_slope(points), _slope(points[-2:]))
    if left <= 0 or min(slopes) <= 0:
        return None
    since = now / 1e9 - points[-1][0]
    soon, late = left / max(slopes), min(left / min(slopes), WIDEST * left / max(slopes))
    interval = points[-1][0] - points[-2][0]
    return max(0.0, soon * (1 - EARLIER) - since), max(0.0, late + interval - since)


def _scale(values: Sequence[float], direction: str) -> Callable[[float], float]:
    """A scale on which progress is roughly even: of a share that rises to 1, what is missing shrinks by factors."""
    if direction == "up" and all(0 <= value < 1 for value in values):
        return lambda value: -math.log(1 - value)
    return lambda value: value if direction == "up" else -value


def _slope(points: Sequence[tuple[float, float]]) -> float:
    """Least squares."""
    mean_t = sum(t for t, _ in points) / len(points)
    mean_value = sum(value for _, value in points) / len(points)
    spread = sum((t - mean_t) ** 2 for t, _ in points)
    return sum((t - mean_t) * (value - mean_value) for t, value in points) / spread if spread else 0.0
