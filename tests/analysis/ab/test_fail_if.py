"""What fails a pipeline."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlperf_tui.analysis.ab.intervals import fails, parse_fail_if
from mlperf_tui.analysis.ab.result import Look, Speed


def _between(low: float, high: float) -> Speed:
    return Speed("", "", (Look(2, 1.0, 0.5, 2.0), Look(4, (low * high) ** 0.5, low, high)))


@pytest.mark.parametrize(
    ("low", "high", "conclusion", "expected"),
    [
        (0.90, 0.96, "slower", True),
        (0.98, 1.02, "slower", False),
        (0.95, 0.99, "slower", None),
        (1.04, 1.10, "faster", True),
        (0.98, 1.02, "faster", False),
        (1.02, 1.04, "faster", None),
    ],
)
def test_by_three_percent(low: float, high: float, conclusion: str, expected: bool | None) -> None:
    """Surely, surely not, and both possible; the last look counts."""
    assert fails(_between(low, high), conclusion, 0.03) is expected


def test_without_an_interval_nothing_is_sure() -> None:
    """One session each."""
    assert fails(Speed("cannot_tell", ""), "slower", 0.03) is None


@given(st.integers(0, 99), st.integers(0, 99), st.sampled_from(["slower", "faster"]), st.sampled_from(["", " "]))
def test_what_is_meant(whole: int, rest: int, conclusion: str, space: str) -> None:
    """A direction and a percentage."""
    found, share = parse_fail_if(f"{conclusion}:{whole}.{rest:02}{space}%")
    assert found == conclusion
    assert share == pytest.approx(whole / 100 + rest / 10_000)


@pytest.mark.parametrize(
    "text", ["", "slower", "slower:3", "slower:%", "slower:-3%", "slower:nan%", "quicker:3%", "slower:3%%", "slower:٣%"]
)
def test_what_is_not(text: str) -> None:
    """One sentence that shows how it is written."""
    with pytest.raises(ValueError, match="such as slower:3%"):
        parse_fail_if(text)


@given(st.text())
def test_any_text(text: str) -> None:
    """It is understood or refused with a sentence, and never breaks otherwise."""
    try:
        conclusion, share = parse_fail_if(text)
    except ValueError as error:
        assert "\n" not in str(error)
    else:
        assert conclusion in ("slower", "faster")
        assert share >= 0


def test_nothing_is_slower_by_all_of_it() -> None:
    """A ratio can't fall below zero."""
    with pytest.raises(ValueError, match="less than 100 %"):
        parse_fail_if("slower:100%")
    assert parse_fail_if("faster:100%") == ("faster", 1.0)
