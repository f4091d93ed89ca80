"""The rank that the others wait for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlperf_tui.analysis.straggler import SLOWER, straggler


@pytest.mark.parametrize(
    "own",
    [
        {},
        {0: 0.2},
        {0: 0.2, 1: 0.2 * SLOWER - 0.001},
        {0: 0.2, 1: None},
        {0: 0.2, 1: 0.2, 2: None, 3: 0.9},
        {0: 0.0, 1: 0.0},
    ],
)
def test_none_where_all_are_alike_or_one_does_not_tell(own: dict[int, float | None]) -> None:
    """Also with one rank: there is nobody who waits."""
    assert straggler(own) is None


def test_the_slowest_beside_the_middle_of_the_others() -> None:
    """A second slow one doesn't hide it."""
    found = straggler({0: 0.18, 1: 0.343, 2: 0.2, 3: 0.3})
    assert found is not None
    assert (found.rank, found.own, found.others) == (1, 0.343, 0.2)
    assert found.times == pytest.approx(1.715)


@given(st.dictionaries(st.integers(0, 15), st.floats(1e-6, 1e3), min_size=2))
def test_nobody_works_longer(own: dict[int, float]) -> None:
    """And it is clearly longer than at least half of the others."""
    found = straggler(own)
    if found is not None:
        assert found.own == max(own.values())
        others = [time for rank, time in own.items() if rank != found.rank]
        assert sum(SLOWER * time <= found.own * (1 + 1e-9) for time in others) >= len(others) / 2
