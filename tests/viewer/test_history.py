"""A series' ring of seconds, and the cells that sparks are made of."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from mlperf_tui.viewer.history import History


@given(st.lists(st.integers(0, 40), max_size=20), st.integers(0, 50), st.integers(1, 20))
def test_a_track_holds_what_each_second_held(seconds: list[int], end: int, length: int) -> None:
    """However the ring has turned, and also where it was never filled."""
    history = History(8)
    for second in seconds:
        history.put(second, float(second))
    track = history.track(end, length)
    first = end - len(track.values)
    assert list(track.values) == [history.at(second) for second in range(first, end)]
    assert len(track.values) <= length


def test_a_second_without_value_is_a_gap() -> None:
    """Neither 0 nor the value before."""
    history = History(10)
    history.put(3, 1.0)
    history.put(5, 2.0)
    assert history.track(6, 4).values == (None, 1.0, None, 2.0)


def test_old_values_leave_the_ring() -> None:
    """A ring of three seconds holds three."""
    history = History(3)
    for second in range(6):
        history.put(second, float(second))
    assert history.track(6).values == (3.0, 4.0, 5.0)
    assert history.at(2) is None


def test_filling_overwrites_nothing() -> None:
    """What was measured stays."""
    history = History(10)
    history.put(2, 7.0)
    history.fill(1, 5, 1.0)
    assert history.track(5, 4).values == (1.0, 7.0, 1.0, 1.0)


def test_a_spark_stands_still_within_a_cell() -> None:
    """Cells of three seconds change when three seconds are over."""
    history = History(30)
    for second in range(12):
        history.put(second, float(second))
    before = history.track(12).cells(3, 3)
    history.put(12, 99.0)
    assert history.track(13).cells(3, 3) == before == [4.0, 7.0, 10.0]
    history.put(14, 3.0)
    assert history.track(15).cells(1, 3) == [51.0]
