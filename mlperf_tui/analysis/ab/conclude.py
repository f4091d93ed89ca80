"""From all processes of an experiment to its answer."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from mlperf_tui.analysis.ab.changes import amp_without_tensor, changes
from mlperf_tui.analysis.ab.drift import drift
from mlperf_tui.analysis.ab.evidence import Process
from mlperf_tui.analysis.ab.intervals import speed, speed_of
from mlperf_tui.analysis.ab.learning import learning
from mlperf_tui.analysis.ab.result import Ab, Comparison, Speed
from mlperf_tui.analysis.ab.sentence import sentence

SPEAKS_FOR_ITSELF = ("precision", "nothing")
"""Of these factors a value needs no name beside it."""

Judge = Callable[[Sequence[float], Sequence[float]], Speed]
Counted = Mapping[str, Sequence[Process]]
"""By arm, the processes that count."""


def conclude(
    factor: str,
    arms: Sequence[str],
    within: float,
    most_pairs: int,
    processes: Sequence[Process],
    refused: Sequence[str] = (),
    warnings: Sequence[str] = (),
) -> Ab:
    """An experiment: every other arm against the first, over the pairs that are whole (a usable process of each arm).

    Where something was refused nothing is compared. Raises ValueError where two arms have one name.
    """

    def judge(a: Sequence[float], b: Sequence[float]) -> Speed:
        return speed(a, b, within, most_pairs)

    whole = _whole(arms, processes)
    moved = drift([process for arm in arms for process in whole[arm]])
    name = "" if factor in SPEAKS_FOR_ITSELF else f"{factor} "
    counted = frozenset(process.session for arm in arms for process in whole[arm])
    found = _ab(factor, arms, within, processes, whole, judge, refused, warnings, name)
    return replace(found, drift=moved, counted=counted)


def conclude_stored(
    factor: str,
    arms: Sequence[str],
    within: float,
    processes: Sequence[Process],
    refused: Sequence[str] = (),
    warnings: Sequence[str] = (),
) -> Ab:
    """Stored sessions, of which an arm may have more than another: all usable ones count. Raises as `conclude` does.

    They have no common start, so no drift is looked for.
    """

    def judge(a: Sequence[float], b: Sequence[float]) -> Speed:
        return speed_of(a, b, within)

    counted = {arm: [process for process in processes if process.arm == arm and _counts(process)] for arm in arms}
    return _ab(factor, arms, within, processes, counted, judge, refused, warnings)


def _ab(
    factor: str,
    arms: Sequence[str],
    within: float,
    processes: Sequence[Process],
    counted: Counted,
    judge: Judge,
    refused: Sequence[str],
    warnings: Sequence[str],
    name: str = "",
) -> Ab:
    if len(set(arms)) < len(arms):
        raise ValueError("each arm needs a name of its own")
    alarm = amp_without_tensor([process for arm in arms for process in counted[arm]])
    others = () if refused else arms[1:]
    return Ab(
        factor=factor,
        arms=tuple(arms),
        unit=processes[0].unit if processes else "samples/s",
        pairs=min(len(counted[arm]) for arm in arms),
        within=within,
        comparisons=tuple(_comparison(arms[0], other, counted, judge, name) for other in others),
        processes=tuple(processes),
        refused=tuple(refused),
        warnings=(*warnings, alarm) if alarm else tuple(warnings),
    )


def _comparison(first: str, other: str, counted: Counted, judge: Judge, name: str) -> Comparison:
    """`name` is what the sentence puts before an arm's value."""
    a, b = counted[first], counted[other]
    verdict, changed = judge(_per_s(a), _per_s(b)), changes(a, b)
    return Comparison(
        first, other, verdict, learning(a, b), changed, sentence(name + first, name + other, verdict, changed)
    )


def _whole(arms: Sequence[str], processes: Sequence[Process]) -> Counted:
    """The processes of whole pairs, in the order of pairs; of a process that was repeated, the last that counts."""
    by_place = {(process.pair, process.arm): process for process in processes if _counts(process)}
    pairs = sorted({pair for pair, _ in by_place})
    whole = [pair for pair in pairs if all((pair, arm) in by_place for arm in arms)]
    return {arm: [by_place[pair, arm] for pair in whole] for arm in arms}


def _counts(process: Process) -> bool:
    per_s = process.per_s
    return process.usable and per_s is not None and math.isfinite(per_s) and per_s > 0


def _per_s(processes: Sequence[Process]) -> list[float]:
    return [process.per_s for process in processes if process.per_s is not None]
