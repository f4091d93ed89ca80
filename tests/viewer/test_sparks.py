"""A spark that is remembered is the one that would be drawn."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from mlperf_tui.viewer import glyphs
from mlperf_tui.viewer.history import History
from mlperf_tui.viewer.panes.sparks import Sparks

PUTS = st.lists(st.tuples(st.integers(0, 90), st.one_of(st.none(), st.floats(0, 100))), max_size=60)


@given(PUTS, st.sampled_from([15, 30]))
def test_it_is_never_an_old_one(puts: list[tuple[int, float | None]], cells: int) -> None:
    """Whatever comes, late values and jumps in time included."""
    history, sparks = History(64), Sparks()
    for second, value in puts:
        history.put(second, value)
        track = history.track(second + 1)
        assert sparks.of(0, track, cells, 100) == glyphs.spark(track.cells(cells, glyphs.SPARK_PERIOD_S), 0, 100)


def test_rows_are_kept_apart() -> None:
    """Each GPU has its own."""
    history, sparks = History(), Sparks()
    for second in range(60):
        history.put(second, 100.0)
    full, none = history.track(60), History().track(60)
    assert sparks.of(0, full, 15, 100) != sparks.of(1, none, 15, 100)
    assert sparks.of(0, full, 15, 100) == sparks.of(0, full, 15, 100)
