"""An A/B as plain text, for a terminal or a ticket: the answer first, at most 100 columns."""

from __future__ import annotations

import textwrap
from collections.abc import Collection, Iterable

from mlperf_tui.analysis.ab.result import Ab
from mlperf_tui.records import Experiment
from mlperf_tui.report.ab.rows import (
    Row,
    Table,
    arms_table,
    changes_table,
    command_of,
    headline,
    notes,
    rows,
    sessions_table,
)

WIDTH = 100
NAME_MOST, NAME_LEAST = 40, 8
"""An arm's name is cut to as many columns, in its middle: what tells two of them apart stands at either end."""

LEFT_OUT = ("windows", "seed", "pair")
"""Columns of the sessions that go where an id is long; the JSON has them all."""


def as_text(ab: Ab, plan: Experiment | None = None) -> str:
    """The sentence, the arms, each comparison, notes, sessions, and the command (which is never wrapped)."""
    lines = [*_wrapped(headline(ab)), "", *_table(arms_table(ab), ab.arms)]
    for comparison in ab.comparisons:
        if len(ab.comparisons) > 1:
            lines += ["", *_wrapped(f"{comparison.b} against {comparison.a}"), *_wrapped(comparison.sentence)]
        lines += ["", *_rows(rows(comparison))]
        changes = changes_table(comparison)
        lines += ["", *_table(changes, ab.arms)] if len(changes) > 1 else []
    if noted := list(notes(ab)):
        lines += ["", *_rows(noted)]
    return "\n".join([*lines, "", *_sessions(ab), "", f"command: {command_of(ab, plan)}"])


def _wrapped(text: str, first: str = "", indent: int = 0) -> list[str]:
    return textwrap.wrap(
        " ".join(text.split()), WIDTH, initial_indent=first, subsequent_indent=" " * indent, break_on_hyphens=False
    )


def _rows(found: Iterable[Row]) -> list[str]:
    told = list(found)
    width = max(len(label) for label, _ in told)
    return [line for label, text in told for line in _wrapped(text, f"{label.ljust(width)}  ", width + 2)]


def _sessions(ab: Ab) -> list[str]:
    """Ids are never cut, since they are what other commands are given."""
    cells = sessions_table(ab)
    for heading in (None, *LEFT_OUT):
        cells = cells if heading is None else _without(cells, heading)
        lines = _table(cells, ab.arms)
        if _fit(lines):
            break
    return lines


def _without(cells: Table, heading: str) -> Table:
    at = cells[0].index(heading)
    return [(*row[:at], *row[at + 1 :]) for row in cells]


def _table(cells: Table, arms: Collection[str]) -> list[str]:
    """The first column to the left, numbers to the right; names of arms are as short as the width wants them."""
    for most in range(NAME_MOST, NAME_LEAST - 1, -1):
        lines = _lines([tuple(_cut(cell, most) if cell in arms else cell for cell in row) for row in cells])
        if _fit(lines):
            break
    return lines


def _fit(lines: list[str]) -> bool:
    return max(map(len, lines)) <= WIDTH


def _cut(name: str, most: int) -> str:
    """Its beginning and its end."""
    end = (most - 1) // 2
    return name if len(name) <= most else f"{name[: most - 1 - end]}…{name[-end:]}"


def _lines(cells: Table) -> list[str]:
    widths = [max(len(row[column]) for row in cells) for column in range(len(cells[0]))]
    return ["  ".join(_placed(row, widths)).rstrip() for row in cells]


def _placed(row: tuple[str, ...], widths: list[int]) -> Iterable[str]:
    for column, (cell, width) in enumerate(zip(row, widths, strict=True)):
        yield cell.rjust(width) if column else cell.ljust(width)
