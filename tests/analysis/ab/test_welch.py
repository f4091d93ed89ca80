"""Welch's difference against scipy.stats, which the product doesn't load."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from mlperf_tui.analysis.ab.welch import critical, difference

VALUES = st.lists(st.floats(-1_000, 1_000), min_size=2, max_size=8).filter(lambda values: max(values) - min(values) > 1)


@given(VALUES, VALUES)
def test_it_is_scipys(a: list[float], b: list[float]) -> None:
    """Mean, error, degrees of freedom and interval are those of ttest_ind without equal variances."""
    ours, theirs = difference(a, b), stats.ttest_ind(b, a, equal_var=False)
    interval = theirs.confidence_interval(0.95)
    assert ours.freedom == pytest.approx(theirs.df)
    assert ours.mean - ours.half() == pytest.approx(interval.low, abs=1e-6)
    assert ours.mean + ours.half() == pytest.approx(interval.high, abs=1e-6)


@pytest.mark.parametrize(("alpha", "degrees", "expected"), [(0.05, 1, 12.706), (0.05, 6, 2.447), (0.01, 10, 3.169)])
def test_critical_values_of_the_printed_table(alpha: float, degrees: float, expected: float) -> None:
    """As every textbook prints them."""
    assert critical(alpha, degrees) == pytest.approx(expected, abs=5e-4)


def test_no_scatter_has_no_width() -> None:
    """Two constants: the difference is all there is."""
    found = difference([2.0, 2.0], [5.0, 5.0, 5.0])
    assert (found.mean, found.error, found.half(), found.freedom) == (3, 0, 0, 1)


def test_one_value_has_no_spread() -> None:
    """Nothing can be said of one."""
    with pytest.raises(ValueError, match="two values"):
        difference([1.0], [1.0, 2.0])
