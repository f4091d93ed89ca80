"""Ratios, their intervals and verdicts, of throughputs made by hand."""

from __future__ import annotations

import math

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy import stats

from mlperf_tui.analysis.ab.intervals import TELLS, looks, looks_due, percent, speed, speed_of
from mlperf_tui.analysis.ab.intervals import look as look_at
from mlperf_tui.analysis.ab.levels import MOST_PAIRS, level
from mlperf_tui.analysis.ab.result import Look

A = [100.0, 101.0, 99.5, 100.5, 100.2, 99.8]
B = [110.0, 109.0, 111.0, 110.5, 110.1, 109.7]

SPEEDS = st.lists(st.tuples(st.floats(0.01, 1e6), st.floats(0.01, 1e6)), min_size=2, max_size=12)


@given(SPEEDS)
def test_the_interval_holds_the_ratio(pairs: list[tuple[float, float]]) -> None:
    """Whatever the speeds are, and its ends are numbers above zero."""
    found = look_at(*_arms(pairs))
    assert 0 < found.low <= found.ratio <= found.high < math.inf
    assert found.half_width >= 0


@given(SPEEDS)
def test_swapping_the_arms_turns_the_ratio_over(pairs: list[tuple[float, float]]) -> None:
    """B over A is one over A over B, ends included."""
    a, b = _arms(pairs)
    one, other = look_at(a, b), look_at(b, a)
    assert one.ratio == pytest.approx(1 / other.ratio)
    assert one.low == pytest.approx(1 / other.high)
    assert _log_half(one) == pytest.approx(_log_half(other), abs=1e-9)


@given(SPEEDS, st.floats(0.1, 10))
def test_the_unit_of_speed_does_not_matter(pairs: list[tuple[float, float]], factor: float) -> None:
    """Samples a second or tokens: a factor in both arms changes nothing, in one it changes the ratio alone."""
    a, b = _arms(pairs)
    scaled = [factor * value for value in b]
    both = look_at([factor * value for value in a], scaled)
    assert both.ratio == pytest.approx(look_at(a, b).ratio)
    assert look_at(a, scaled).ratio == pytest.approx(factor * look_at(a, b).ratio)
    assert _log_half(look_at(a, scaled)) == pytest.approx(_log_half(look_at(a, b)), abs=1e-6)


@given(SPEEDS, st.floats(1.0, 3.0))
def test_more_scatter_never_narrows(pairs: list[tuple[float, float]], factor: float) -> None:
    """The same speeds, each farther from its arm's mean."""
    a, b = ([math.log(value) for value in arm] for arm in _arms(pairs))
    wider = [[math.exp(_stretched(value, arm, factor)) for value in arm] for arm in (a, b)]
    assert _log_half(look_at(*wider)) >= _log_half(look_at(*_arms(pairs))) * (1 - 1e-9) - 1e-9


def _stretched(value: float, arm: list[float], factor: float) -> float:
    mean = sum(arm) / len(arm)
    return mean + factor * (value - mean)


@given(SPEEDS)
def test_every_look_knows_what_was_known_then(pairs: list[tuple[float, float]]) -> None:
    """Later pairs don't change an earlier look; the verdict's is the last."""
    a, b = _arms(pairs)
    found = looks(a, b)
    assert [each.pairs for each in found] == list(range(2, len(a) + 1))
    assert found[:-1] == (looks(a[:-1], b[:-1]) if len(a) > 2 else ())
    assert speed(a, b, 0.02, 20).looks == found


def test_levels_are_little_then_most_then_what_is_left() -> None:
    """Two and three pairs spend less than four, from there on it only falls, and never to nothing."""
    levels = [level(pairs) for pairs in range(2, MOST_PAIRS + 1)]
    assert max(levels) == level(4) < 0.05
    assert levels[2:] == sorted(levels[2:], reverse=True)
    assert min(levels) > 0


def test_it_ends_with_whole_blocks_only() -> None:
    """A B B A is two pairs, and one block alone is too little."""
    assert [pairs for pairs in range(10) if looks_due(pairs)] == [4, 6, 8]


def test_faster_and_slower() -> None:
    """B is 10 % faster; seen from B, A is slower; both are settled, and no pair is missing."""
    one, other = speed(A, B, 0.02, 20), speed(B, A, 0.02, 20)
    assert (one.conclusion, one.settled, one.more_pairs) == ("faster", True, 0)
    assert (other.conclusion, other.settled, other.more_pairs) == ("slower", True, 0)
    assert one.looks[-1].ratio == pytest.approx(1.0985, abs=1e-3)
    assert one.mean_a == pytest.approx(100.1667, abs=1e-3)
    assert one.spread_a == pytest.approx(0.00531, abs=1e-4)
    assert one.why == "known to ±1.1 %"


def test_narrow_but_no_difference() -> None:
    """Settled without a verdict: more pairs are not asked for, as no number of them is known to show anything."""
    found = speed(A, A[::-1], 0.02, 20)
    assert (found.conclusion, found.settled, found.more_pairs) == ("cannot_tell", True, None)
    assert "too small" in found.why


def test_narrow_in_mid_block_goes_on_to_its_end() -> None:
    """After five pairs it is narrow enough, and the sixth is awaited."""
    found = speed(A[:5], B[:5], 0.02, 20)
    assert (found.conclusion, found.settled, found.more_pairs) == ("faster", False, 1)
    assert "its block is not over yet" in found.why


def test_too_wide_says_how_many_more() -> None:
    """So many more pairs of the same spread do narrow it to what was asked for, and two fewer don't."""
    a, b = [100.0, 104.0, 98.0, 102.0], [103.0, 99.0, 105.0, 101.0]
    found = speed(a, b, 0.02, 12)
    assert (found.conclusion, found.settled) == ("cannot_tell", False)
    assert found.more_pairs is not None
    assert (found.more_pairs % 2, found.more_pairs > 8) == (0, True)
    assert f"{found.more_pairs} more pairs should do, but only 8 may follow" in found.why
    assert "seldom" not in found.why


@settings(max_examples=30)
@given(st.lists(st.floats(0.97, 1.03), min_size=4, max_size=6).filter(lambda values: max(values) - min(values) > 0.005))
def test_as_many_as_asked_for_do_narrow_it(values: list[float]) -> None:
    """The same spread over so many pairs has the width that was asked for; a block fewer has not."""
    a, b = [100 * value for value in values], [110 * value for value in values[::-1]]
    more = speed(a, b, 0.01, 20).more_pairs
    assume(more)
    assert more is not None
    enough = len(a) + more
    assert _width(a, b, enough) <= 0.01
    if looks_due(enough - 2) and enough - 2 > len(a):
        assert _width(a, b, enough - 2) > 0.01


def _width(a: list[float], b: list[float], pairs: int) -> float:
    """By hand, with scipy's own t: the width where spreads stay and pairs grow."""
    of_a, of_b = (stats.tvar([math.log(value) for value in arm]) / pairs for arm in (a, b))
    freedom = (of_a + of_b) ** 2 / (of_a**2 / (pairs - 1) + of_b**2 / (pairs - 1))
    return math.expm1(float(stats.t.ppf(1 - level(pairs) / 2, freedom)) * math.sqrt(of_a + of_b))


@pytest.mark.parametrize(
    ("within", "limit", "said"),
    [
        (0.02, 4, "; 36 more pairs should do: --pairs 40 and a longer --limit allow them"),
        (0.02, 3, "; 36 more pairs should do: --pairs 40 and a longer --limit allow them"),
        (0.005, 20, "; that takes more than the 64 pairs that an experiment may have"),
        (0.005, 4, "; that takes more than the 64 pairs that an experiment may have"),
    ],
)
def test_where_no_pair_may_follow_it_says_what_to_type(within: float, limit: int, said: str) -> None:
    """The pairs that were asked for are used up: "only 0 may follow" would help nobody."""
    a, b = [100.0, 104.0, 98.0, 102.0], [103.0, 99.0, 105.0, 101.0]
    assert speed(a, b, within, limit).why.endswith(said)


def test_an_interval_that_says_nothing_is_not_put_into_numbers() -> None:
    """Two pairs that scatter; and a ratio that is surely large, but by how much isn't known."""
    unsure = speed([100.0, 130.0], [140.0, 90.0], 0.02, 20)
    assert unsure.looks[-1].half_width > TELLS
    assert unsure.why.startswith("too few pairs to say, ±2 % was asked for (fewer than 4 pairs seldom tell: ")
    sure = speed([1.0, 1.3], [5e9, 5.1e9], 0.02, 20)
    assert (sure.conclusion, sure.looks[-1].half_width > TELLS) == ("faster", True)
    assert sure.why.startswith("too few pairs to say by how much, ±2 % was asked for; ")


def test_what_can_never_be_narrow_enough() -> None:
    """Processes that differ tenfold: a number of pairs that nobody can have is not foretold."""
    found = speed([1.0, 10.0, 1.0, 10.0], [10.0, 1.0, 10.0, 1.0], 0.001, 20)
    assert found.more_pairs is None
    assert found.why.endswith("; that takes more than the 64 pairs that an experiment may have")


@pytest.mark.parametrize(("a", "b", "why"), [([], [], "has been measured yet"), ([1.0], [2.0], "is no verdict")])
def test_too_few(a: list[float], b: list[float], why: str) -> None:
    """None, and one each: no look, no verdict, and a reason; the mean of one is told."""
    for found in (speed(a, b, 0.02, 20), speed_of(a, b, 0.02)):
        assert (found.conclusion, found.looks, found.settled, found.more_pairs) == ("cannot_tell", (), False, None)
        assert why in found.why
        assert (found.mean_b, found.spread_b) == (b[0] if b else None, None)


def test_numbers_that_never_scatter_are_no_evidence() -> None:
    """The same number each time comes from a clock too coarse: no certainty, and it is said."""
    for found in (speed([1.0] * 4, [2.0] * 4, 0.02, 20), speed_of([1.0] * 4, [2.0] * 3, 0.02)):
        assert (found.conclusion, found.settled, found.more_pairs) == ("cannot_tell", False, None)
        assert "the very same number" in found.why


def test_one_arm_that_never_scatters() -> None:
    """The other arm's spread is evidence enough."""
    found = speed([100.0] * 4, [110.0, 110.2, 109.8, 110.1], 0.02, 20)
    assert (found.conclusion, found.settled) == ("faster", True)


@pytest.mark.parametrize("bad", [0.0, -1.0, math.nan, math.inf])
def test_a_speed_is_a_positive_number(bad: float) -> None:
    """Anything else is refused."""
    with pytest.raises(ValueError, match="positive number"):
        look_at([1.0, bad], [1.0, 2.0])
    with pytest.raises(ValueError, match="positive number"):
        speed_of([1.0, 2.0], [bad, 1.0], 0.02)


def test_a_pair_needs_both() -> None:
    """Arms of unequal count are no pairs."""
    with pytest.raises(ValueError, match="of each arm"):
        look_at([1.0, 2.0], [1.0, 2.0, 3.0])


def test_stored_sessions_may_be_of_unequal_count() -> None:
    """One look at plain 95 %: narrower than an experiment's, which looks more often."""
    found = speed_of(A[:4], B[:3], 0.02)
    assert (found.conclusion, found.settled, len(found.looks), found.looks[0].pairs) == ("faster", True, 1, 3)
    assert speed_of(A[:4], B[:4], 0.02).looks[0].half_width < look_at(A[:4], B[:4]).half_width


@pytest.mark.parametrize(
    ("share", "text"), [(0.0063, "0.6 %"), (0.02, "2 %"), (0.0234, "2.3 %"), (0.41, "41 %"), (20.0, "over 999 %")]
)
def test_percent(share: float, text: str) -> None:
    """Two digits that count."""
    assert percent(share) == text


def _log_half(found: Look) -> float:
    return math.log1p(found.half_width)


def _arms(pairs: list[tuple[float, float]]) -> tuple[list[float], list[float]]:
    return [a for a, _ in pairs], [b for _, b in pairs]
