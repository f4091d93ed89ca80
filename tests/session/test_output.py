"""What a program prints is data: nothing of it may move a cursor, set a title or colour a screen."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlperf_tui.session.output import clean, last_lines


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("plain", "plain"),
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b]0;title\x07text", "text"),
        ("\x1b]52;c;Zm9v\x1b\\text", "text"),
        ("\x1bP1$r\x1b\\text", "text"),
        ("10%\r20%\r30%", "30%"),
        ("a\tb", "a    b"),
        ("\x1b[2", ""),
        ("a\u202eb", "ab"),
        ("done\r", "done"),
    ],
)
def test_clean(line: str, shown: str) -> None:
    """Sequences that a terminal would obey, whole or cut off, and a progress bar's last state."""
    assert clean(line) == shown


@given(st.text())
def test_nothing_that_a_terminal_obeys_is_left(line: str) -> None:
    """Any text: no control character comes out."""
    assert not [char for char in clean(line) if unicodedata.category(char) == "Cc"]


def test_last_lines_of_a_large_file(tmp_path: Path) -> None:
    """The end is read and not the whole; holes and bytes that are no text harm nothing."""
    path = tmp_path / "output.log"
    path.write_bytes(b"first\n" + b"\0" * 1_000_000 + b"\xff\xfe\n\nlast but one\nlast")
    assert last_lines(path, 2) == ["last but one", "last"]
    assert last_lines(tmp_path / "none", 2) == []
