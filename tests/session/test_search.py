"""Searching a large output in steps finds what reading it whole would find, and reads no hole."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mlperf_tui.session import runs, search
from mlperf_tui.session.output import clean
from mlperf_tui.session.runs import line_start
from mlperf_tui.session.search import Line, compiled, newer, older

GIB = 1 << 30
PIECES = st.sampled_from(
    [
        b"a",
        b"lo",
        b"ss",
        b"error",
        b"Loss 3",
        b"\n",
        b"\n",
        b"\r",
        b"\0\0",
        b"\x1b[31m",
        b"\x1b[0m",
        b"\xe2\x82\xac",
        b"\xff",
        b" ",
    ]
)
TEXTS = st.lists(PIECES, max_size=60).map(b"".join)
PATTERNS = st.sampled_from(
    [None, "a", "error", "Loss 3", "loss", "^$", "error$", "^Loss", "(?<!a)error", "€", "b*", r"r\b"]
)


@pytest.fixture(autouse=True)
def _small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs, "BLOCK_BYTES", 16)
    monkeypatch.setattr(runs, "LINE_BYTES", 24)
    monkeypatch.setattr(search, "LINE_BYTES", 24)


@pytest.fixture(scope="module")
def output(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("search") / "output.log"


def read_whole(raw: bytes, pattern: re.Pattern[str] | None) -> list[tuple[int, str]]:
    """All matching lines the slow way: the whole file, line by line."""
    found, offset = [], 0
    for line in raw.replace(b"\0", b"\n").split(b"\n"):
        text = clean(line[-24:].decode("utf-8", "replace"))
        if text.strip() and (pattern is None or pattern.search(text)):
            found.append((offset, text))
        offset += len(line) + 1
    return found


def back(path: Path, before: int, pattern: re.Pattern[str] | None, count: int, budget: int) -> list[Line]:
    lines: list[Line] = []
    while True:
        found = older(path, before, pattern, count, budget)
        lines[:0] = found.lines
        if found.ended:
            return lines
        assert found.reached < before
        before = found.reached


def ahead(path: Path, after: int, end: int, pattern: re.Pattern[str] | None, count: int, budget: int) -> list[Line]:
    lines: list[Line] = []
    while True:
        found = newer(path, after, end, pattern, count, budget)
        lines += found.lines
        if found.ended:
            return lines
        assert found.reached > after
        after = found.reached


def bare(lines: list[Line]) -> list[tuple[int, str]]:
    return [(line.offset, line.text) for line in lines]


@settings(deadline=None)
@example(raw=b"lo\x1b[31mss\n", expression="loss", count=1, budget=80)
@given(raw=TEXTS, expression=PATTERNS, count=st.integers(1, 5), budget=st.integers(1, 80))
def test_steps_of_any_size_find_what_the_whole_holds(
    output: Path, raw: bytes, expression: str | None, count: int, budget: int
) -> None:
    """Backwards and forwards: every matching line once, in order, with its offset."""
    output.write_bytes(raw)
    pattern = None if expression is None else compiled(expression)
    whole = read_whole(raw, pattern)
    assert bare(back(output, len(raw), pattern, count, budget)) == whole
    assert bare(ahead(output, 0, len(raw), pattern, count, budget)) == whole


@settings(deadline=None)
@given(raw=TEXTS, data=st.data())
def test_back_and_ahead_meet_at_a_line(output: Path, raw: bytes, data: st.DataObject) -> None:
    """From the start of any line: what is older and what is newer make the whole."""
    output.write_bytes(raw)
    middle = line_start(output, data.draw(st.integers(0, len(raw))))
    assert middle == 0 or raw[middle - 1 : middle] in {b"\n", b"\0"}
    both = back(output, middle, None, 2, 20) + ahead(output, middle, len(raw), None, 2, 20)
    assert bare(both) == read_whole(raw, None)


@settings(deadline=None)
@given(st.text())
def test_what_is_printable_needs_no_cleaning(text: str) -> None:
    """The short way shows the same."""
    raw = text.encode("utf-8", "surrogatepass").replace(b"\n", b"")
    assert search._shown(raw[-24:]) == clean(raw[-24:].decode("utf-8", "replace"))


def test_an_unfinished_line_is_read_again(output: Path) -> None:
    """It is shown as far as it goes; when it has grown, the next step shows it whole."""
    output.write_bytes(b"one\ntw")
    found = newer(output, 0, 6, None, 10, 100)
    assert (bare(list(found.lines)), found.reached) == ([(0, "one"), (4, "tw")], 4)
    output.write_bytes(b"one\ntwo\nthree\n")
    assert bare(ahead(output, found.reached, 14, None, 10, 100)) == [(4, "two"), (8, "three")]


def test_nothing_beyond_the_end_that_was_asked_for(output: Path) -> None:
    """Looking back, what was printed later isn't there yet."""
    output.write_bytes(b"one\ntwo\nthree\n")
    assert bare(ahead(output, 0, 8, None, 10, 100)) == [(0, "one"), (4, "two")]


def test_which_characters_match(output: Path) -> None:
    """Each match in the line as it is shown; an empty match is none."""
    output.write_bytes(b"\x1b[1mab\x1b[0m b\n")
    assert older(output, 99, compiled("b"), 1, 99).lines[0].spans == ((1, 2), (3, 4))
    assert older(output, 99, compiled("x*"), 1, 99).lines[0].spans == ()


@pytest.mark.parametrize(
    ("expression", "text", "matches"),
    [("loss", "Loss", True), ("Loss", "loss", False), (r"\Sos", "LOSS", True), (r"\SoS", "LOSS", False)],
)
def test_case_counts_when_there_is_a_capital(expression: str, text: str, matches: bool) -> None:
    r"""A class such as \S is no capital letter."""
    assert bool(compiled(expression).search(text)) == matches


def test_no_file(tmp_path: Path) -> None:
    """Nothing is found, and nothing is left to search."""
    assert older(tmp_path / "none", 100, None, 5, 100) == search.Found((), 0, ended=True)
    assert newer(tmp_path / "none", 50, 100, None, 5, 100) == search.Found((), 50, ended=True)
    assert line_start(tmp_path / "none", 7) == 7


def test_a_hole_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Six GiB with a few lines at both ends: all are found, those that are torn apart, and not a MiB of it is read."""
    monkeypatch.undo()
    path, size = tmp_path / "output.log", 6 * GIB
    with path.open("wb") as file:
        file.write(b"error first\n".ljust(runs.BLOCK_BYTES - 4, b"\n") + b"torn")
        file.seek(5 * GIB)
        file.write(b"cut off\nfine\nerror last\n")
        file.truncate(size)
    read: list[int] = []
    pread = os.pread

    def counting(descriptor: int, length: int, offset: int) -> bytes:
        read.append(length)
        return pread(descriptor, length, offset)

    monkeypatch.setattr(os, "pread", counting)
    assert [line.text for line in back(path, size, compiled("error"), 9, 1 << 20)] == ["error first", "error last"]
    everything = ["error first", "torn", "cut off", "fine", "error last"]
    assert [line.text for line in back(path, size, None, 9, 1 << 40)] == everything
    assert [line.text for line in ahead(path, 0, size, None, 9, 1 << 40)] == everything
    assert sum(read) < 4 << 20
