"""One long line as several."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlperf_tui.report.wrap import wrap


@pytest.mark.parametrize(
    ("line", "width", "indent", "lines"),
    [
        ("as long as it may be", 20, 8, ["as long as it may be"]),
        ("key   what it does, and more", 20, 6, ["key   what it does,", "      and more"]),
        ("a long key   what it does", 20, 13, ["a long key   what it", "  does"]),
        ("a sentence of words", 10, 0, ["a sentence", "of words"]),
        ("/a/path/without/any/space is", 10, 2, ["/a/path/without/any/space", "  is"]),
        ("it is well-known", 12, 2, ["it is", "  well-known"]),
    ],
)
def test_it_goes_on_at_its_indent(line: str, width: int, indent: int, lines: list[str]) -> None:
    """Unless that takes most of the width; what has no space stays whole."""
    assert wrap(line, width, indent) == lines


@given(st.text("ab  -\u2013", max_size=200), st.integers(1, 100), st.integers(0, 60))
def test_no_sign_is_lost(line: str, width: int, indent: int) -> None:
    """Only spaces are, where a line ends."""
    found = wrap(line, width, indent)
    assert "".join(found).replace(" ", "") == line.replace(" ", "")
    assert all(len(part) <= width or " " not in part.strip() for part in found)
