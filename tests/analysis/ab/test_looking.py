"""What the intervals promise, against experiments with a known truth: with every look taken, and with stopping.

`watched` is an experiment as the tool runs it: it looks after each pair and ends by its own rule, or at its limit of
pairs. A trial counts as held only where *every* interval that was shown up to then held the truth: so it holds too for
a person, or a time limit, that ends it after any of these pairs.
"""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from mlperf_tui.analysis.ab.intervals import look, looks, looks_due, speed, speed_of
from mlperf_tui.analysis.ab.levels import MOST_PAIRS
from mlperf_tui.analysis.ab.result import Look
from tests.analysis.ab.experiments import TRIALS, Arm, experiments

WITHIN = 0.02
LIMIT = 20

SCATTER = [(0.004, 0.009, 0.0), (0.01, 0.01, 0.0), (0.03, 0.03, 0.0), (0.004, 0.009, 0.01), (0.01, 0.01, 0.01)]
"""Spreads between processes of A and B, as measured (fp32, bf16) and coarser, and a drift over the experiment."""


@dataclass
class Watched:
    """Shares of the trials, and pairs on average."""

    held: float
    held_at_the_end: float
    called_different: float
    different_once: float
    pairs: float


def watched(spread_a: float, spread_b: float, drift: float, *, ratio: float = 1.0, within: float = WITHIN) -> Watched:
    """Many experiments that stop by the tool's own rule."""
    shown = [
        _until_settled(a, b, within) for a, b in experiments(spread_a, spread_b, ratio=ratio, pairs=LIMIT, drift=drift)
    ]
    return Watched(
        held=sum(all(_holds(each, ratio) for each in trial) for trial in shown) / TRIALS,
        held_at_the_end=sum(_holds(trial[-1], ratio) for trial in shown) / TRIALS,
        called_different=sum(not _holds(trial[-1], 1.0) for trial in shown) / TRIALS,
        different_once=sum(not all(_holds(each, 1.0) for each in trial) for trial in shown) / TRIALS,
        pairs=sum(trial[-1].pairs for trial in shown) / TRIALS,
    )


def _until_settled(a: Arm, b: Arm, within: float) -> list[Look]:
    shown: list[Look] = []
    for pairs in range(2, LIMIT + 1):
        shown.append(look(a[:pairs], b[:pairs]))
        if looks_due(pairs) and shown[-1].half_width <= within:
            break
    return shown


def _holds(seen: Look, ratio: float) -> bool:
    return seen.low <= ratio <= seen.high


@pytest.mark.parametrize(("spread_a", "spread_b", "drift"), SCATTER)
def test_a_against_a(spread_a: float, spread_b: float, drift: float) -> None:
    """No difference: at least 94 of 100 hold, at most 6 are called different, whenever one stops."""
    found = watched(spread_a, spread_b, drift)
    assert found.held >= 0.94
    assert found.held_at_the_end >= 0.94
    assert found.called_different <= 0.06
    assert found.different_once <= 0.06


@pytest.mark.parametrize("ratio", [0.98, 4.0])
def test_a_difference_is_held_as_well(ratio: float) -> None:
    """The truth is held whatever it is."""
    assert watched(0.004, 0.009, 0.0, ratio=ratio).held >= 0.94


def test_plain_intervals_would_not_hold_under_looking() -> None:
    """What the spending is for: the same looks, each at 95 %, call A against A different far too often."""
    wrong = 0
    for a, b in experiments(0.01, 0.01, ratio=1.0, pairs=LIMIT, trials=200):
        plain = [speed_of(a[:pairs], b[:pairs], WITHIN).looks[0] for pairs in range(2, LIMIT + 1)]
        wrong += not all(_holds(each, 1.0) for each in plain)
    assert wrong / 200 > 0.12


def test_all_looks_there_are() -> None:
    """An experiment that never settles looks 63 times; all of them together still hold."""
    trials = 200
    shown = (looks(a, b) for a, b in experiments(0.01, 0.01, ratio=1.0, pairs=MOST_PAIRS, trials=trials))
    assert sum(all(_holds(each, 1.0) for each in trial) for trial in shown) / trials >= 0.94


def test_most_experiments_end_where_they_may() -> None:
    """As processes scatter here ±2 % is reached after four pairs by most, after six by nearly all."""
    ends = [_until_settled(a, b, WITHIN)[-1].pairs for a, b in experiments(0.004, 0.009, ratio=1.0, pairs=LIMIT)]
    assert sum(pairs <= 4 for pairs in ends) / TRIALS >= 0.7
    assert sum(pairs <= 8 for pairs in ends) / TRIALS >= 0.97


@pytest.mark.parametrize(("spread_a", "spread_b"), [(0.004, 0.009), (0.01, 0.01), (0.03, 0.03)])
def test_a_true_two_percent_is_found_where_the_tool_said(spread_a: float, spread_b: float) -> None:
    """Asked for ±1.4 % (two over the root of two): a pilot of four pairs, then as many as it asks for, until none."""
    trials = 150
    made = experiments(spread_a, spread_b, ratio=1.02, pairs=2 * MOST_PAIRS, trials=trials)
    assert sum(look(a[:pairs], b[:pairs]).low > 1 for a, b in made for pairs in [_asked_for(a, b)]) / trials >= 0.8


def _asked_for(a: Arm, b: Arm) -> int:
    """Pairs that the tool asks for before it is settled, or all there are where these are more than it may ask for."""
    pairs = 4
    while not (found := speed(a[:pairs], b[:pairs], WITHIN / 2**0.5, MOST_PAIRS)).settled:
        if found.more_pairs is None:
            return len(a)
        pairs += found.more_pairs
    return pairs
