"""The difference of two pictures: the terminal that takes it in shows the second one, and no byte too many."""

from __future__ import annotations

import pyte
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.segment import Segment
from rich.style import Style
from textual.geometry import Size
from textual.strip import Strip

from mlperf_tui.viewer.cells import Cells, Piece

SIZE = Size(24, 4)
LOOKS = (
    None,
    Style(),
    Style(color="default", bgcolor="default"),
    Style(bold=True),
    Style(color="cyan"),
    Style(reverse=True),
    Style(bgcolor="yellow"),
)
WORDS = st.text(alphabet="ab 12▇─é日 ", max_size=10)
SEGMENTS = st.lists(st.tuples(WORDS, st.sampled_from(LOOKS)).map(lambda both: Segment(*both)), max_size=4)
PICTURES = st.lists(SEGMENTS.map(Strip), min_size=SIZE.height, max_size=SIZE.height)


def whole(picture: list[Strip]) -> list[Piece]:
    """Every row from its start to its end."""
    return [(0, y, strip.adjust_cell_length(SIZE.width)) for y, strip in enumerate(picture)]


def drawn(*texts: str) -> list[list[tuple[object, ...]]]:
    """What a terminal shows that takes in these texts, as (character, colours and looks that can be seen)."""
    screen = pyte.Screen(SIZE.width, SIZE.height)
    stream = pyte.Stream(screen)
    for text in ("\x1b[?7l", *texts):
        stream.feed(text)
    rows = [[screen.buffer[y][x] for x in range(SIZE.width)] for y in range(SIZE.height)]
    return [
        [(c.data, c.bg, c.reverse, c.data != " " and (c.fg, c.bold)) for c in row]
        for row in rows
    ]  # fmt: skip


def difference(cells: Cells, pieces: list[Piece]) -> str:
    return cells.difference(pieces, SIZE)


@settings(deadline=None)
@given(st.lists(PICTURES, min_size=1, max_size=4))
def test_differences_add_up_to_the_last_picture(pictures: list[list[Strip]]) -> None:
    """A terminal that took in every difference shows what one shows that was sent the last picture alone."""
    cells = Cells()
    texts = [difference(cells, whole(picture)) for picture in pictures]
    assert drawn(*texts) == drawn(difference(Cells(), whole(pictures[-1])))


@settings(deadline=None)
@given(PICTURES)
def test_a_whole_picture_is_what_textual_would_have_drawn(picture: list[Strip]) -> None:
    """The first difference, against every row sent segment by segment."""
    rows = [strip for _, _, strip in whole(picture)]
    plain = [
        f"\x1b[{y + 1};1H" + "".join(s.style.render(s.text) if s.style else s.text for s in row)
        for y, row in enumerate(rows)
    ]
    assert drawn(difference(Cells(), whole(picture))) == drawn(*plain)


@settings(deadline=None)
@given(PICTURES)
def test_what_stays_is_not_sent(picture: list[Strip]) -> None:
    """The same picture again takes no byte."""
    cells = Cells()
    difference(cells, whole(picture))
    assert difference(cells, whole(picture)) == ""


def test_the_terminals_own_colours_are_no_colours() -> None:
    """Named or not, the cell looks the same, and nothing is sent."""
    cells = Cells()
    difference(cells, whole([Strip([Segment("words")])]))
    named = Style(color="default", bgcolor="default")
    assert difference(cells, whole([Strip([Segment("words", named)])])) == ""


def test_forgotten_is_sent_again() -> None:
    """After a resize, say: cleared, and whole."""
    cells = Cells()
    picture = whole([Strip([Segment("words")])])
    first = difference(cells, picture)
    cells.forget()
    assert difference(cells, picture) == first
    assert first == "\x1b[m\x1b[2J\x1b[1;1Hwords"


@pytest.mark.parametrize(
    ("was", "now", "sent"),
    [
        ("  99    95", "  98    94", "\x1b[1;4H8    94"),
        ("99 abcdefghijkl 95", "98 abcdefghijkl 94", "\x1b[1;2H8\x1b[1;18H4"),
        ("a long row of words", "a", "\x1b[1;3H\x1b[K"),
        ("", "a", "\x1b[1;1Ha"),
        ("日 1", "日 2", "\x1b[1;1H日 2\x1b[K"),
    ],
)
def test_bytes(was: str, now: str, sent: str) -> None:
    """A jump where it saves bytes, one sequence for a blank end, a row with wide characters whole."""
    cells = Cells()
    difference(cells, whole([Strip([Segment(was)])]))
    assert difference(cells, whole([Strip([Segment(now)])])) == sent


def test_blanks_between_words_take_their_look() -> None:
    """A bold line is one sequence, though a bold blank looks like any other."""
    text = difference(Cells(), whole([Strip([Segment("two words", Style(bold=True))])]))
    assert text.endswith("\x1b[1mtwo words\x1b[0m")


def test_what_lies_outside_is_left_out() -> None:
    """A picture composed for a larger terminal breaks nothing."""
    pieces: list[Piece] = [(20, 0, Strip([Segment("beyond the edge")])), (0, 9, Strip([Segment("below")]))]
    assert difference(Cells(), pieces).endswith("\x1b[1;21Hbeyo")


@settings(deadline=None)
@given(PICTURES)
def test_ascii_only(picture: list[Strip]) -> None:
    """Every sign becomes one of as many columns that every terminal has."""
    pieces = whole(picture)
    plain = difference(Cells(ascii_only=True), pieces)
    assert plain.isascii()
    ordinary = drawn(difference(Cells(), pieces))
    for row, asked in zip(drawn(plain), ordinary, strict=True):
        kept = [x for x, (character, *_) in enumerate(asked) if str(character).isascii() and character]
        assert all(row[x] == asked[x] for x in kept)
