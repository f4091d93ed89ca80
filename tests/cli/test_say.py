"""Rows in a narrow terminal."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlperf_tui.cli.say import wrapped

ROW = "next step   Prepare samples beforehand, or keep them in memory: more workers would find no free core."


@pytest.mark.parametrize(
    ("row", "width", "lines"),
    [
        (ROW, 200, [ROW]),
        (
            ROW,
            60,
            [
                "next step   Prepare samples beforehand, or keep them in",
                "            memory: more workers would find no free core.",
            ],
        ),
        ("a line of words without a label", 16, ["a line of words", "  without a", "  label"]),
        (
            f"{'label ' * 6}  text that goes on and on",
            40,
            ["label label label label label label", "  text that goes on and on"],
        ),
        (f"command: python {'x ' * 40}", 40, [f"command: python {'x ' * 40}"]),
        ("path  /a/very/long/path/without/any/space", 20, ["path", "      /a/very/long/path/without/any/space"]),
    ],
)
def test_a_row_goes_on_below_its_own_text(row: str, width: int, lines: list[str]) -> None:
    """Unless its label takes most of the width; what has no space is left whole, for copying."""
    assert wrapped(row, width).split("\n") == lines


@given(st.text("ab  -\u2013", max_size=200), st.integers(4, 100))
def test_no_sign_is_lost(row: str, width: int) -> None:
    """Only spaces are, where a line ends."""
    found = wrapped(row, width)
    assert found.replace("\n", "").replace(" ", "") == row.replace(" ", "")
    assert all(len(line) <= width or " " not in line.strip() for line in found.split("\n"))
