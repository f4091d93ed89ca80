"""The output read back and followed in steps is the output, filtered or not, wherever its end is said to be."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlperf_tui.session import searching
from mlperf_tui.session.search import older
from mlperf_tui.session.searching import Stopped, TooSlow
from mlperf_tui.viewer import output_reader
from mlperf_tui.viewer.output_reader import OutputReader, Passage

LINES = st.lists(st.sampled_from(["loss 3", "an error", ":::MLLOG {}", "", "ab\tc"]), min_size=1, max_size=40)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "output.log"


@pytest.fixture
def reader(path: Path) -> Iterator[OutputReader]:
    made = OutputReader(path)
    yield made
    made.stop()


def texts(passage: Passage) -> list[str]:
    return [line.text for line in passage.lines]


def whole(path: Path, end: int) -> list[str]:
    """All that the pane shows of the output before a byte, read at once."""
    every = older(path, end, output_reader.NOT_MLLOG, 10_000, 1 << 20)
    return [line.text for line in every.lines]


@settings(deadline=None)
@given(lines=LINES, data=st.data())
def test_wherever_the_end_is_moved(
    tmp_path_factory: pytest.TempPathFactory, lines: list[str], data: st.DataObject
) -> None:
    """Followed forth and back and then read back to the start: the lines before the last end, each once."""
    path = tmp_path_factory.getbasetemp() / "followed.log"
    path.write_text("\n".join(lines))
    reader, ends = OutputReader(path), st.integers(0, path.stat().st_size)
    passage = reader.open(None, data.draw(ends), 3)
    for end in data.draw(st.lists(ends, max_size=4)):
        passage = reader.follow(passage, end)
        passage = reader.back(passage, 2) if passage.goes_back else passage
    while passage.goes_back:
        passage = reader.back(passage, 2)
    assert texts(passage) == whole(path, passage.end)


def test_marks_are_left_out_unless_filtered_for(path: Path, reader: OutputReader) -> None:
    """They are told as events; a filter that matches them shows them."""
    path.write_text("one\n:::MLLOG {}\ntwo\n")
    assert texts(reader.open(None, None, 9)) == ["one", "two"]
    assert texts(reader.open("mllog", None, 9)) == [":::MLLOG {}"]


def test_an_unfinished_line_grows(path: Path, reader: OutputReader) -> None:
    """It is shown once, as far as it has come."""
    path.write_text("error one\nerror tw")
    passage = reader.open("error", None, 9)
    assert texts(passage) == ["error one", "error tw"]
    path.write_text("error one\nerror two\nfine\nerror three\n")
    assert texts(reader.follow(passage, reader.size())) == ["error one", "error two", "error three"]


def test_an_end_far_off_is_opened_anew(path: Path, reader: OutputReader, monkeypatch: pytest.MonkeyPatch) -> None:
    """What lies between isn't read."""
    monkeypatch.setattr(output_reader, "FOLLOW_BYTES", 100)
    path.write_text("early\n" + "x\n" * 1000 + "late\n")
    passage = reader.follow(reader.open(None, 6, 1), reader.size())
    assert texts(passage) == ["late"]


@pytest.mark.parametrize("limit", ["MOST_LINES", "MOST_CHARACTERS"])
def test_no_more_is_held_than_may_be(
    path: Path, reader: OutputReader, monkeypatch: pytest.MonkeyPatch, limit: str
) -> None:
    """The newest lines are kept, read back or followed."""
    monkeypatch.setattr(output_reader, limit, 10)
    path.write_text("a\n" * 50 + "b\n" * 5)
    passage = reader.back(reader.open(None, 100, 8), 8)
    assert (texts(passage), passage.full, passage.goes_back) == (["a"] * 10, True, False)
    passage = reader.follow(passage, reader.size())
    assert texts(passage) == ["a"] * 5 + ["b"] * 5
    assert passage.oldest == passage.lines[0].offset


def test_an_expression_without_end_is_given_up(
    path: Path, reader: OutputReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its process is ended, a sentence says so, and another expression works."""
    monkeypatch.setattr(searching, "LIMIT_S", 0.2)
    path.write_text("a" * 5000 + "b\n")
    with pytest.raises(TooSlow, match="make it simpler"):
        reader.open("(a+)+$", None, 5)
    monkeypatch.setattr(searching, "LIMIT_S", 60)
    assert len(texts(reader.open("a+b$", None, 5))) == 1


def test_a_search_process_that_dies_is_told(path: Path, reader: OutputReader, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever killed it; the next search starts another."""
    path.write_text("one\n")
    start = searching._start

    def dying() -> object:
        child = start()
        child.kill()
        child.wait()
        return child

    monkeypatch.setattr(searching, "_start", dying)
    with pytest.raises(Stopped):
        reader.open("one", None, 5)
    monkeypatch.setattr(searching, "_start", start)
    assert texts(reader.open("one", None, 5)) == ["one"]


def test_no_output_yet(reader: OutputReader) -> None:
    """Nothing, and it isn't looked for again and again."""
    passage = reader.open("x", None, 5)
    assert (passage.lines, passage.goes_back) == ((), False)
