"""Numbers as people read them."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlperf_tui.report.numbers import DASH, count, duration, gib, how_many, percent, rate


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        (count(41210.4), "41,210"),
        (count(49.71), "49.7"),
        (count(0.00123), "0.00123"),
        (count(0.0000985, 4), "9.850e-05"),
        (gib(40960), "40 KiB"),
        (count(0), "0"),
        (count(math.nan), "NaN"),
        (count(-math.inf), "-infinite"),
        (percent(0.0213), "2 %"),
        (percent(0.004), "0.4 %"),
        (percent(0.0), "0 %"),
        (percent(0.0002), "< 0.1 %"),
        (percent(0.0096), "1 %"),
        (duration(761), "00:12:41"),
        (duration(90061), "1 d 01:01:01"),
        (gib(85_899_345_920), "80.0 GiB"),
        (gib(5 << 20), "5 MiB"),
        (rate(112.44e9), "112.4 GB/s"),
        (how_many(2, "late tick"), "2 late ticks"),
        (how_many(1, "late tick"), "1 late tick"),
        (how_many(0, "line lost", "lines lost"), "0 lines lost"),
        (how_many(1, "line lost", "lines lost"), "1 line lost"),
        (how_many(12345, "step"), "12,345 steps"),
        (how_many(None, "late tick"), f"{DASH} late ticks"),
        (count(None), DASH),
        (percent(None), DASH),
        (duration(None), DASH),
        (gib(None), DASH),
        (rate(None), DASH),
    ],
)
def test_shown(shown: str, expected: str) -> None:
    """One line each."""
    assert shown == expected


@given(st.floats(1e-6, 1e12))
def test_count_keeps_three_digits(value: float) -> None:
    """What is shown is the value to a half of its third digit."""
    assert float(count(value).replace(",", "")) == pytest.approx(value, rel=0.0051)
