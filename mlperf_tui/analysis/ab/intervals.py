"""How much faster B is than A: from one throughput a process to a ratio, its interval after each pair, and a verdict.

The process is the unit of evidence. Its throughput is a mean already, and means of speeds scatter by factors: so
Welch's method on their logarithms.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace
from statistics import fmean, stdev

from mlperf_tui.analysis.ab.fail_if import fails as fails
from mlperf_tui.analysis.ab.fail_if import parse_fail_if as parse_fail_if
from mlperf_tui.analysis.ab.levels import FIRST_STOP, MOST_PAIRS, level
from mlperf_tui.analysis.ab.levels import looks_due as looks_due
from mlperf_tui.analysis.ab.result import Look, Speed
from mlperf_tui.analysis.ab.welch import ALPHA, Difference, difference

FASTER, SLOWER, CANNOT_TELL = "faster", "slower", "cannot_tell"

WIDEST = 300.0
"""On the scale of logarithms: an interval as wide as this says nothing, and floats still hold its ends."""

TELLS = 9.99
"""A half-width above this, ±999 %, tells nothing that a number would make clearer."""


def look(a: Sequence[float], b: Sequence[float]) -> Look:
    """The interval after so many pairs, by what its look may spend.

    `a` and `b` are throughputs of processes, pair by pair. Raises ValueError for fewer than two pairs, arms of unequal
    count, and a throughput that is not a positive number.
    """
    if len(a) != len(b):
        raise ValueError("a pair needs a process of each arm")
    return _look(a, b, level(len(a)))


def looks(a: Sequence[float], b: Sequence[float]) -> tuple[Look, ...]:
    """Every look from two pairs on, each with what was known then. Raises as `look` does."""
    return tuple(look(a[:pairs], b[:pairs]) for pairs in range(2, len(a) + 1))


def speed(a: Sequence[float], b: Sequence[float], within: float, pairs_limit: int) -> Speed:
    """The verdict of an experiment after its whole pairs so far, in their order; `within` is 0.02 for ±2 %.

    Settled where a block has just ended and the interval is narrow enough. Raises as `look` does, but not for too few.
    """
    if len(a) < 2:
        return _means(a, b, _too_few(a, b))
    found = looks(a, b)
    if not _scatter(a, b):
        return _means(a, b, Speed(CANNOT_TELL, NO_SPREAD, found))
    settled = looks_due(len(a)) and found[-1].half_width <= within
    verdict = _conclusion(found[-1])
    if settled:
        more = None if verdict == CANNOT_TELL else 0
        return _means(a, b, Speed(verdict, _known(found[-1], within), found, settled, more))
    more = _more_pairs(a, b, within)
    narrow = found[-1].half_width <= within
    why = (
        _known(found[-1], within)
        + _few(found[-1])
        + ("; its block is not over yet" if narrow else _more(more, len(a), pairs_limit))
    )
    return _means(a, b, Speed(verdict, why, found, settled, more))


def speed_of(a: Sequence[float], b: Sequence[float], within: float) -> Speed:
    """The same of stored sessions, which may be of unequal count: one look that spends all 5 %.

    It is one look only where it is taken once: adding sessions until the answer pleases is not covered.
    """
    if min(len(a), len(b)) < 2:
        return _means(a, b, _too_few(a, b))
    found = _look(a, b, ALPHA)
    if not _scatter(a, b):
        return _means(a, b, Speed(CANNOT_TELL, NO_SPREAD, (found,)))
    settled = found.half_width <= within
    return _means(a, b, Speed(_conclusion(found), _known(found, within), (found,), settled))


def _look(a: Sequence[float], b: Sequence[float], alpha: float) -> Look:
    logs = difference(_logs(a), _logs(b))
    half = min(logs.half(alpha), WIDEST)
    return Look(min(len(a), len(b)), math.exp(logs.mean), math.exp(logs.mean - half), math.exp(logs.mean + half))


def _logs(per_s: Iterable[float]) -> list[float]:
    values = list(per_s)
    if not all(math.isfinite(value) and value > 0 for value in values):
        raise ValueError("a throughput is a positive number")
    return [math.log(value) for value in values]


def _more_pairs(a: Sequence[float], b: Sequence[float], within: float) -> int | None:
    """How many more pairs, to a block's end, bring the interval to ±`within` if the spread stays as it is.

    None where an experiment may not have as many.
    """
    logs, pairs = difference(_logs(a), _logs(b)), len(a)
    for total in range(max(FIRST_STOP, pairs + 2 - pairs % 2), MOST_PAIRS + 1, 2):
        if math.expm1(min(_foreseen(logs, pairs, total).half(level(total)), WIDEST)) <= within:
            return total - pairs
    return None


def _foreseen(now: Difference, pairs: int, total: int) -> Difference:
    """The difference after `total` pairs in place of `pairs`: errors fall with the root, freedom grows with n - 1."""
    return Difference(now.mean, now.error * math.sqrt(pairs / total), now.freedom * (total - 1) / (pairs - 1))


def _too_few(a: Sequence[float], b: Sequence[float]) -> Speed:
    if not a or not b:
        return Speed(CANNOT_TELL, "no process of each arm has been measured yet")
    return Speed(CANNOT_TELL, "one process of each is no verdict: how far processes of one arm differ is not known")


def _means(a: Sequence[float], b: Sequence[float], verdict: Speed) -> Speed:
    """The verdict with mean and spread of each arm."""
    return replace(verdict, mean_a=_mean(a), mean_b=_mean(b), spread_a=_spread(a), spread_b=_spread(b))


def _scatter(a: Sequence[float], b: Sequence[float]) -> bool:
    """Whether processes differ at all: where none does the clock is too coarse, and nothing is certain."""
    return len(set(a)) > 1 or len(set(b)) > 1


NO_SPREAD = "all processes of an arm gave the very same number: no spread to judge by"


def _conclusion(last: Look) -> str:
    if last.low > 1:
        return FASTER
    return SLOWER if last.high < 1 else CANNOT_TELL


def _known(last: Look, within: float) -> str:
    half = f"±{percent(last.half_width)}"
    if last.half_width > TELLS:
        by = "" if _conclusion(last) == CANNOT_TELL else " by how much"
        return f"too few pairs to say{by}, ±{percent(within)} was asked for"
    if last.half_width > within:
        return f"known to {half}, ±{percent(within)} was asked for"
    if _conclusion(last) == CANNOT_TELL:
        return f"a difference, if there is one, is too small for {half} to show"
    return f"known to {half}"


def _few(last: Look) -> str:
    """That a look so early seldom tells anything, where it doesn't."""
    if last.pairs >= FIRST_STOP or _conclusion(last) != CANNOT_TELL:
        return ""
    return f" (fewer than {FIRST_STOP} pairs seldom tell: they may spend little of the 5 %)"


def _more(more: int | None, pairs: int, pairs_limit: int) -> str:
    """How many more pairs should do, and what to type where that is more than may still follow."""
    if more is None:
        return f"; that takes more than the {MOST_PAIRS} pairs that an experiment may have"
    said = f"; {more} more pair{'s' if more > 1 else ''} should do"
    left = pairs_limit - pairs
    if more <= left:
        return said
    if left > 0:
        return f"{said}, but only {left} may follow"
    return f"{said}: --pairs {pairs + more} and a longer --limit allow them"


def percent(share: float) -> str:
    """A share in percent with two digits that count: 0.6 %, 2.3 %, 41 %."""
    value = 100 * share
    if value > 999:
        return "over 999 %"
    return f"{value:.0f} %" if value >= 9.95 or abs(value - round(value)) < 0.005 else f"{value:.1f} %"


def _mean(per_s: Sequence[float]) -> float | None:
    return fmean(per_s) if per_s else None


def _spread(per_s: Sequence[float]) -> float | None:
    return stdev(per_s) / fmean(per_s) if len(per_s) > 1 else None
