"""Whether the run learned: the evaluations that a program marked, against its target."""

from __future__ import annotations

from collections.abc import Iterable

from mlperf_tui.frozen import frozen
from mlperf_tui.records import About, Mark, Plan

DEFAULT_METRIC = "eval_accuracy"


@frozen
class Quality:
    """The benchmark's own metric: last and best value, and when the target was first reached after `run_start`."""

    metric: str
    direction: str
    value: float | None
    best: float | None
    target: float | None
    reached: bool | None
    time_to_target_s: float | None


def evaluations(marks: Iterable[Mark]) -> dict[str, list[tuple[int, float]]]:
    """By metric, the time (ns) and value of each evaluation; a value such as {"BBOX": …, "SEGM": …} gives several."""
    found: dict[str, list[tuple[int, float]]] = {}
    for mark in marks:
        if mark.key == "eval_accuracy":
            for name, value in _numbers(mark.value):
                found.setdefault(name, []).append((mark.t, value))
    return found


def quality(plan: Plan, about: About | None, marks: list[Mark]) -> tuple[Quality, ...]:
    """Each metric with its target: the program's own word first, then the plan's; before any evaluation, the aim."""
    metric = about.metric if about and about.metric else DEFAULT_METRIC
    direction = about.direction if about and about.direction else "up"
    target = about.target if about and about.target is not None else plan.target
    began = next((mark.t for mark in marks if mark.key == "run_start"), None)
    found = evaluations(marks)
    if not found:
        return (
            ()
            if target is None
            else (Quality(metric, direction, None, None, target, reached=False, time_to_target_s=None),)
        )
    targets = (about.targets if about else None) or {}
    return tuple(
        _one(name or metric, direction, targets.get(name, target), began, values) for name, values in found.items()
    )


def _one(
    metric: str, direction: str, target: float | None, began: int | None, values: list[tuple[int, float]]
) -> Quality:
    best = max if direction == "up" else min
    hit = None if target is None else next((t for t, value in values if _reaches(value, target, direction)), None)
    return Quality(
        metric=metric,
        direction=direction,
        value=values[-1][1],
        best=best(value for _, value in values),
        target=target,
        reached=None if target is None else hit is not None,
        time_to_target_s=None if hit is None or began is None else (hit - began) / 1e9,
    )


def _reaches(value: float, target: float, direction: str) -> bool:
    return value >= target if direction == "up" else value <= target


def _numbers(value: object) -> list[tuple[str, float]]:
    """Numbers by name; a lone one has the name ""."""
    if isinstance(value, dict):
        return [(str(name), number) for name, inner in value.items() for _, number in _numbers(inner)]
    try:
        return [("", float(value))]  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return []
