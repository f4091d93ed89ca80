"""The time to the target: a range, or nothing."""

from __future__ import annotations

from mlperf_tui.viewer.estimate import estimate

S = 1_000_000_000


def test_nothing_before_the_third_evaluation() -> None:
    """Two points make a line through anything."""
    assert estimate([(0, 0.1), (10 * S, 0.2)], 0.9, "up", 10 * S) is None


def test_a_steady_rise_gives_a_range_around_the_line() -> None:
    """One BLEU point every ten seconds, four to go: forty seconds lie within."""
    found = estimate([(0, 20.0), (10 * S, 21.0), (20 * S, 22.0)], 26.0, "up", 20 * S)
    assert found is not None
    assert found[0] < 40 < found[1]


def test_slowing_down_makes_it_later() -> None:
    """The last slope bounds it from above."""
    found = estimate([(0, 0.2), (10 * S, 0.5), (20 * S, 0.6)], 0.8, "up", 20 * S)
    assert found is not None
    assert found[1] >= 20


def test_what_is_missing_of_a_share_shrinks_by_factors() -> None:
    """Half the error every ten seconds: from 0.1 to 0.05 in ten, not in the twenty of the errors before."""
    found = estimate([(0, 0.6), (10 * S, 0.8), (20 * S, 0.9)], 0.95, "up", 20 * S)
    assert found is not None
    assert found[0] < 10 < found[1] < 21


def test_time_that_passes_is_taken_off() -> None:
    """Between evaluations it counts down, and never below zero."""
    points = [(0, 0.2), (10 * S, 0.3), (20 * S, 0.4)]
    early, late = (estimate(points, 0.8, "up", now * S) for now in (20, 30))
    assert early is not None
    assert late is not None
    assert late[0] == early[0] - 10
    assert estimate(points, 0.8, "up", 10_000 * S) == (0.0, 0.0)


def test_nothing_where_it_does_not_move_its_way() -> None:
    """Falling, standing still, reached, or without a target."""
    falling = [(0, 0.4), (10 * S, 0.3), (20 * S, 0.2)]
    assert estimate(falling, 0.8, "up", 20 * S) is None
    assert estimate(falling, 0.1, "down", 20 * S) is not None
    assert estimate([(0, 0.2), (1 * S, 0.2), (2 * S, 0.2)], 0.8, "up", 2 * S) is None
    assert estimate([(0, 0.2), (1 * S, 0.5), (2 * S, 0.9)], 0.8, "up", 2 * S) is None
    assert estimate(falling, None, "up", 20 * S) is None


def test_nothing_where_it_was_better_long_ago() -> None:
    """It has learnt too much by heart: that the last ones rise a little doesn't lead to the target."""
    values = [0.5, 0.78, 0.75, 0.7, 0.64, 0.65, 0.66]
    assert estimate([(10 * n * S, value) for n, value in enumerate(values)], 0.9, "up", 60 * S) is None
    assert estimate([(10 * n * S, value) for n, value in enumerate([*values, 0.79])], 0.9, "up", 70 * S) is not None
