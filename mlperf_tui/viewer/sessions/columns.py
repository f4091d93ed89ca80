"""The table's columns: which of them a width has room for, and what stands in each. No widget."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from mlperf_tui.frozen import frozen
from mlperf_tui.report.listed import UNREADABLE, Listed, ratios
from mlperf_tui.report.numbers import gib
from mlperf_tui.viewer import format as fmt
from mlperf_tui.viewer import glyphs
from mlperf_tui.viewer.panes.header import SYMBOLS
from mlperf_tui.viewer.panes.rows import Look, Row

SHORT = {"running-unrecorded": "● unrecorded", UNREADABLE: "? unreadable"}
UNITS_S = ((604_800, "w"), (86_400, "d"), (3600, "h"), (60, "min"), (1, "s"))
LONG = 2
"""An age is told in the largest unit of which there are so many."""

ROOMY = 100
EDGE = 4
"""Columns before the first one: cursor and mark."""


@frozen
class Column:
    """A column of the table, `width` wide; where there is room to spare, as wide as `most`."""

    heading: str
    width: int
    text: Callable[[Listed, int, float], str]
    most: int = 0
    right: bool = False
    look: Look = Look.PLAIN


def headings(columns: list[tuple[Column, int]], between: int) -> Row:
    """The line above the table."""
    cells = "".join(_aligned(column, column.heading, width) + " " * between for column, width in columns)
    return ((" " * EDGE + cells.rstrip(), Look.DIM),)


def table_row(
    row: Listed,
    columns: list[tuple[Column, int]],
    between: int,
    now_s: float,
    *,
    cursor: bool,
    mark: int,
    under: bool = False,
) -> Row:
    """One line; `mark` is its place among the marked ones, 0 when it isn't marked; `under` an experiment of its own."""
    look = Look.CHOSEN if cursor else Look.PLAIN
    edge = f"{'▸' if cursor else ' '}{_mark(mark)}".ljust(EDGE - 2) + ("└ " if under else "  ")
    pieces = [(edge, look)]
    for column, width in columns:
        cell = _aligned(column, column.text(row, width, now_s), width)
        pieces.append((cell + " " * between, look if column.look is Look.PLAIN else column.look))
    return tuple(pieces)


def fitting(width: int, precisions: Sequence[str] = ()) -> list[tuple[Column, int]]:
    """The columns that fit, most important first, in the order in which they stand, each with its width.

    `precisions` are what stands in that column: it is as wide as they need, or close together, or as it always is.
    """
    widths, left = _taken((*IMPORTANT, ID), width)
    if ID not in widths and width >= ROOMY:
        widths, left = _taken((TAIL, *IMPORTANT), width)
    if PRECISION in widths:
        more = next((more for more in _needed(precisions) if more <= left), 0)
        widths[PRECISION] += more
        left -= more
    for column in GROWING:
        if column in widths:
            more = max(0, min(left, column.most - column.width))
            widths[column] += more
            left -= more
    return [(column, widths[column]) for column in COLUMNS if column in widths]


def _needed(precisions: Sequence[str]) -> tuple[int, ...]:
    """How much wider than usual the column must be for these texts, and for the same close together."""
    both = (precisions, [_closer(text) for text in precisions])
    return tuple(max(0, max(map(len, texts), default=0) - PRECISION.width) for texts in both)


def _taken(wanted: tuple[Column, ...], width: int) -> tuple[dict[Column, int], int]:
    """Those that fit, first ones first, at their least widths, and the room that is left."""
    left = width - EDGE
    widths: dict[Column, int] = {}
    for column in wanted:
        if column.width <= left:
            widths[column] = column.width
            left -= column.width + gap(width)
    return widths, left


def gap(width: int) -> int:
    """Between two columns of a screen that is so wide."""
    return 2 if width >= ROOMY else 1


def short_age(seconds: float | None) -> str:
    """How long ago, in whole units: 12 s, 40 min, 3 h, 9 d, 5 w."""
    if seconds is None:
        return fmt.DASH
    whole = max(0, int(seconds))
    size, unit = next(((size, unit) for size, unit in UNITS_S if whole >= LONG * size), UNITS_S[-1])
    return f"{whole // size} {unit}"


def state(row: Listed) -> str:
    """The status as a sign and a word."""
    return SHORT.get(row.status) or SYMBOLS.get(row.status) or f"○ {row.status}"


def _aligned(column: Column, text: str, width: int) -> str:
    return fmt.cell(text, width) if column.right else _left(text, width)


def _left(text: str, width: int) -> str:
    return fmt.ends(fmt.cut(text, width), " ", width + 2)[:width].ljust(width)


def _mark(place: int) -> str:
    return "" if not place else str(place) if place <= 9 else "+"


def _rate(row: Listed, width: int, _: float) -> str:
    """Whole where it fits, else rounded, and at last without what is counted; of a stalled run for how long.

    Of an experiment the ratio.
    """
    if row.silent_s is not None:
        return next(text for text in (f"no step {short_age(row.silent_s)}", "no step") if len(text) <= width)
    short = fmt.axis(row.rate)
    texts = ratios(row) or (fmt.rate(row.rate, row.unit), fmt.with_unit(short, row.unit), fmt.with_unit(short, "/s"))
    return next((text for text in texts if len(text) <= width), fmt.DASH)


def _spark(row: Listed, width: int, _: float) -> str:
    """From 0 to the run's own best; where there are more points than columns, means of neighbours."""
    high = max((point for point in row.pace if point is not None), default=0.0)
    each = -(-len(row.pace) // width) if width else 1
    groups = [row.pace[at : at + each] for at in range(0, len(row.pace), max(1, each))]
    return glyphs.spark([_mean(group) for group in groups], 0.0, high) if high > 0 else fmt.DASH


def _precision(row: Listed, width: int, _: float) -> str:
    """An experiment's arms closer together where there is little room, and only the first ones where they don't fit."""
    text = row.precision or fmt.DASH
    return next((one for one in (text, _closer(text)) if len(one) <= width), fmt.shorten(text, width))


def _closer(arms: str) -> str:
    return arms.replace(" | ", "|")


def _mean(points: tuple[float | None, ...]) -> float | None:
    known = [point for point in points if point is not None]
    return sum(known) / len(known) if known else None


def _age(row: Listed, _: int, now_s: float) -> str:
    return short_age(None if row.started_s is None else now_s - row.started_s)


STATE = Column("status", 13, lambda row, *_: state(row))
NAME = Column("name", 8, lambda row, *_: row.name or row.place or fmt.DASH, most=28)
WORKLOAD = Column("workload", 9, lambda row, *_: row.workload or fmt.DASH, most=20)
PRECISION = Column("precision", 9, _precision)
RATE = Column("throughput", 12, _rate, most=19, right=True)
SPARK = Column("over run", 8, _spark, most=24, look=Look.SPARK)
SIZE = Column("size", 8, lambda row, *_: gib(row.size_bytes), right=True)
AGE = Column("age", 7, _age, right=True)
LASTED = Column("lasted", 11, lambda row, *_: fmt.duration(row.lasted_s), right=True)
ID = Column("session", 36, lambda row, *_: row.id, most=44)
TAIL = Column("id", 6, lambda row, *_: f"…{row.id[-5:]}")
"""In place of the whole id where there is no room for it: enough to tell two runs apart."""

COLUMNS = (STATE, NAME, WORKLOAD, PRECISION, RATE, SPARK, SIZE, AGE, LASTED, ID, TAIL)
IMPORTANT = (STATE, WORKLOAD, RATE, NAME, PRECISION, AGE, SPARK, SIZE, LASTED)
GROWING = (RATE, NAME, SPARK, WORKLOAD, ID)
"""Who gets the room that is left, first ones first."""
