"""Whether both arms learn the same, from losses made by hand."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from mlperf_tui.analysis.ab.evidence import Outcome, Process
from mlperf_tui.analysis.ab.learning import learning
from tests.analysis.ab.processes import process

SEED_SPREAD = 0.02


def arms(
    pairs: int = 4,
    *,
    apart: float = 0.0,
    of_b: float = 0.1,
    steps: int = 200,
    steps_b: int = 200,
    fall: float = 2.0,
    seed: int = 1,
    **other: Any,
) -> tuple[list[Process], list[Process]]:
    """Losses that fall from 2.3; `apart` shifts B's end, `of_b` is B's own chance as a share of the seeds' spread."""
    made = np.random.default_rng(seed)
    seeds, own = made.normal(0, SEED_SPREAD, pairs), made.normal(0, SEED_SPREAD * of_b, pairs)
    a = [_process("a", n, _losses(steps, fall, seeds[n]), other) for n in range(pairs)]
    b = [_process("b", n, _losses(steps_b, fall, seeds[n] + own[n] + apart), other) for n in range(pairs)]
    return a, b


def _process(arm: str, n: int, losses: tuple[tuple[float, float], ...], other: dict[str, Any]) -> Process:
    return process(arm, n + 1, **{"seed": n + 1, "losses": losses, **other})


def _losses(steps: int, fall: float, end: float) -> tuple[tuple[float, float], ...]:
    """By samples; the shift comes in as the loss falls."""
    gone = [1 - math.exp(-n / 40) for n in range(1, steps + 1)]
    return tuple((32.0 * n, 2.3 + (end - fall) * gone[n - 1]) for n in range(1, steps + 1))


def test_same() -> None:
    """The difference is far smaller than what a change of seed does."""
    found = learning(*arms())
    assert found.conclusion == "same"
    assert found.at_samples == 6_400
    assert found.loss_a == pytest.approx(0.3, abs=0.05)
    assert found.difference is not None
    assert found.low is not None
    assert found.high is not None
    assert found.low <= found.difference <= found.high
    assert found.seed_spread == pytest.approx(SEED_SPREAD, rel=0.8)
    assert "same within seed noise" in found.why


def test_differs() -> None:
    """B ends ten seed spreads higher."""
    found = learning(*arms(apart=10 * SEED_SPREAD))
    assert found.conclusion == "differs"
    assert found.difference == pytest.approx(10 * SEED_SPREAD, rel=0.1)
    assert found.low is not None
    assert found.low > 0


def test_a_difference_that_is_sure_but_less_than_a_seed_does() -> None:
    """A third of a seed spread, known to a hundredth: still the same."""
    found = learning(*arms(pairs=8, apart=SEED_SPREAD / 3, of_b=0.01))
    assert found.conclusion == "same"
    assert found.low is not None
    assert found.low > 0


def test_cannot_tell() -> None:
    """Arms that scatter for themselves: four pairs don't narrow it to a seed's spread."""
    found = learning(*arms(of_b=2.0))
    assert found.conclusion == "cannot_tell"
    assert "more pairs would tell" in found.why


def test_at_equal_samples() -> None:
    """A slower arm trained half as far: both are held at what it reached, and seed by seed."""
    found = learning(*arms(steps_b=100))
    assert (found.conclusion, found.at_samples) == ("same", 3_200)


def test_losses_by_different_batches() -> None:
    """B's steps have four times the samples; equal samples are compared all the same."""
    a, b = arms(steps=400)
    coarse = [replace(each, losses=each.losses[3::4]) for each in b]
    assert learning(a, coarse).conclusion == "same"


def test_pairs_are_by_seed_not_by_place() -> None:
    """The order in which processes come changes nothing."""
    a, b = arms()
    assert learning(a, b[::-1]).difference == pytest.approx(learning(a, b).difference)


def test_without_known_seeds_pairs_are_pairs() -> None:
    """A foreign command that has no place for a seed."""
    a, b = arms()
    unknown = [[replace(each, seed=None) for each in arm] for arm in (a, b)]
    assert learning(*unknown) == learning(a, b)


@pytest.mark.parametrize(
    ("made", "why"),
    [
        (arms(can_be_learned=False), "one batch is repeated"),
        (arms(pairs=2), "2 seeds in both arms, 3 are needed"),
        (arms(pairs=1), "one seed in both arms"),
        (arms(pairs=0), "no seed in both arms"),
        (arms(losses=()), "not every process told its losses"),
        (arms(losses=((5_000.0, 1.0),)), "too few losses in common"),
        (arms(fall=0.05), "too few samples: in 6,400 the loss has fallen by 1.6 % only"),
        (arms(fall=0.01), "too few samples"),
        (arms(fall=-0.5), "too few samples: in 6,400 the loss has risen by 16.0 %"),
    ],
)
def test_cannot_tell_and_why(made: tuple[list[Process], list[Process]], why: str) -> None:
    """Each reason by its name."""
    found = learning(*made)
    assert found.conclusion == "cannot_tell"
    assert why in found.why


def test_one_seed_again_and_again_says_nothing_of_seeds() -> None:
    """The same seed in each pair, by a command's own option."""
    a, b = ([replace(each, seed=7) for each in arm] for arm in arms())
    assert "one seed in both arms" in learning(a, b).why


def test_a_seed_that_changes_nothing() -> None:
    """Bitwise the same in all pairs: no seed noise to hold it against."""
    a, _ = arms()
    alike = [replace(a[0], pair=each.pair, seed=each.seed) for each in a]
    found = learning(alike, alike)
    assert found.conclusion == "cannot_tell"
    assert "the seed changes nothing" in found.why


def test_an_arm_that_does_not_learn_differs_from_one_that_does() -> None:
    """Only where neither learns are samples too few."""
    a, _ = arms()
    _, b = arms(fall=0.01, seed=2)
    assert learning(a, b).conclusion == "differs"


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_an_arm_that_loses_its_numbers_differs(bad: float) -> None:
    """In one process of B's, and in none of A's; in both arms it can't be told."""
    a, b = arms(can_be_learned=False)
    b[2] = replace(b[2], losses=(*b[2].losses, (6_432.0, bad)))
    found = learning(a, b)
    assert (found.conclusion, found.difference) == ("differs", None)
    assert "the loss of b was NaN or infinite in 1 of 4 processes" in found.why
    assert learning(b, a).why.startswith("the loss of b")
    assert learning(b, b).conclusion == "cannot_tell"


def test_nan_and_skipped_steps_are_counted() -> None:
    """Over all processes of an arm."""
    a, b = arms(nan_steps=1, skipped_steps=3)
    found = learning(a[:3], b)
    assert (found.nan_steps_a, found.nan_steps_b) == (3, 4)
    assert (found.skipped_steps_a, found.skipped_steps_b) == (9, 12)


def _outcome(value: float, time_s: float | None) -> Outcome:
    return Outcome("top-1", "up", value, 0.7, reached=time_s is not None, time_to_target_s=time_s)


def test_the_metric_where_all_evaluated() -> None:
    """Means of the last values; times only where every process reached the target."""
    a, b = arms(pairs=2)
    a = [replace(each, outcome=_outcome(0.70 + 0.02 * n, 10.0 + n)) for n, each in enumerate(a)]
    reached = [replace(each, outcome=_outcome(0.72, 20.0)) for each in b]
    found = learning(a, reached)
    assert found.metric == "top-1"
    assert [found.final_a, found.final_b] == pytest.approx([0.71, 0.72])
    assert (found.time_to_target_a_s, found.time_to_target_b_s) == (10.5, 20.0)
    missed = learning(a, [reached[0], replace(b[1], outcome=_outcome(0.6, None))])
    assert missed.final_b == pytest.approx(0.66)
    assert (missed.time_to_target_a_s, missed.time_to_target_b_s) == (None, None)


def test_no_metric_where_one_has_none() -> None:
    """A mean over some of the processes would be another number."""
    a, b = arms(pairs=2)
    told = [replace(each, outcome=_outcome(0.7, None)) for each in a]
    assert learning(told, [told[0], b[1]]).metric is None
    assert learning([], []).metric is None


def test_seed_noise_is_seldom_taken_for_a_difference() -> None:
    """Without a difference at most 6 of 100 differ; a shift of two seed spreads is hardly ever taken for none."""
    for of_b in (0.1, 1.4):
        found = [learning(*arms(pairs=6, of_b=of_b, seed=seed)).conclusion for seed in range(200)]
        assert found.count("differs") <= 12
    shifted = [learning(*arms(pairs=6, apart=2 * SEED_SPREAD, seed=seed)).conclusion for seed in range(200)]
    assert shifted.count("same") <= 2
    assert shifted.count("differs") >= 180
