"""Rows of text with a look, as panes make them: compared with what stands on the screen, and turned into strips."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import field
from enum import Enum

from rich.cells import cell_len
from rich.segment import Segment
from textual.strip import Strip

from mlperf_tui.frozen import frozen
from mlperf_tui.viewer import colours, glyphs


class Look(Enum):
    """Chosen in viewer/colours.py; no meaning by colour alone."""

    PLAIN = colours.PLAIN
    BOLD = colours.BOLD
    DIM = colours.DIM
    SPARK = colours.SPARK
    ALARM = colours.ALARM
    CHOSEN = colours.CHOSEN


Piece = tuple[str, Look]
Row = tuple[Piece, ...]


@frozen
class Room:
    """The columns and lines that a pane has for its rows."""

    width: int
    height: int


@frozen
class Content:
    """What a pane shows: a note behind its title, rows that stay and rows that scroll below them."""

    note: str = ""
    head: list[Row] = field(default_factory=list)
    body: Sequence[Row] = field(default_factory=list)


def row(text: str, look: Look = Look.PLAIN) -> Row:
    """A row in one look."""
    return ((text, look),)


def width(row: Row) -> int:
    """Columns that a row takes."""
    return sum(cell_len(text) for text, _ in row)


def strip(row: Row, columns: int, *, ascii_only: bool) -> Strip:
    """A row as Textual draws it, exactly `columns` wide."""
    segments = [Segment(glyphs.plain(text) if ascii_only else text, look.value) for text, look in row if text]
    return Strip(segments, None).adjust_cell_length(columns, Look.PLAIN.value)


def changed_columns(old: Row, new: Row) -> int:
    """Columns from the left that have to be drawn again: Textual sends a row from its start, so the end is saved."""
    if [look for _, look in old] != [look for _, look in new]:
        return max(width(old), width(new))
    edge = offset = 0
    moved = False
    for (was, _), (now, _) in zip(old, new, strict=True):
        if moved or was != now:
            edge = offset + _differs_until(was, now)
            moved = moved or cell_len(was) != cell_len(now)
        offset += max(cell_len(was), cell_len(now))
    return max(width(old), width(new)) if moved else edge


def _differs_until(was: str, now: str) -> int:
    """The column after the last difference of two texts."""
    if len(was) != len(now):
        return max(cell_len(was), cell_len(now))
    last = max((index for index, (left, right) in enumerate(zip(was, now, strict=True)) if left != right), default=-1)
    return max(cell_len(was[: last + 1]), cell_len(now[: last + 1]))
