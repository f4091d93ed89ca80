"""What a program prints is data: nothing of it may move a cursor, set a title or colour a screen."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlperf_tui.session.output import LastLines, clean, last_lines


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


@given(st.binary(max_size=200).map(lambda data: data.replace(b"\r", b"")), st.integers(0, 220))
def test_before_a_byte_only_whole_lines_count(tmp_path_factory: pytest.TempPathFactory, data: bytes, end: int) -> None:
    """As if the file had ended behind the last of them."""
    path = tmp_path_factory.mktemp("output") / "output.log"
    path.write_bytes(data)
    found = last_lines(path, 50, end)
    kept = data if end >= len(data) else data[: data[:end].rfind(b"\n") + 1]
    path.write_bytes(kept)
    assert found == last_lines(path, 50)


def test_lines_are_read_again_only_when_they_are_others(tmp_path: Path) -> None:
    """An output that grows changes nothing of what was there before."""
    path = tmp_path / "output.log"
    output = LastLines(path, 5)
    assert output.read() == ((), 0)
    path.write_text("one\ntwo\n")
    first, size = output.read(7)
    assert (first, size) == (("one",), 7)
    with path.open("a") as file:
        file.write("three\n")
    assert output.read(7)[0] is first
    assert output.read() == (("one", "two", "three"), 14)
    assert output.read(99) == (("one", "two", "three"), 14)
