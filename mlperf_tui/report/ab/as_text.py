"""An A/B as plain text, for a terminal or a ticket: the answer first, wrapped once, at the width that is asked for."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from mlperf_tui.analysis.ab.result import Ab
from mlperf_tui.report.ab.rows import (
    Asked,
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
from mlperf_tui.report.wrap import wrap

WIDTH = 100
"""Columns where no terminal says how many it has."""

NAME_MOST, NAME_LEAST = 40, 8
"""An arm's name is cut to as many columns, in its middle: what tells two of them apart stands at either end."""

LEFT_OUT = ("windows", "seed", "pair")
"""Columns of the sessions that go where an id is long; the JSON has them all."""


def as_text(ab: Ab, asked: Asked, width: int = WIDTH) -> str:
    """The sentence, the arms, each comparison, notes, sessions, and the command (which is never wrapped)."""
    lines = [*_sentence(headline(ab), width), "", *_table(arms_table(ab), ab.arms, width)]
    for comparison in ab.comparisons:
        if len(ab.comparisons) > 1:
            against = f"{comparison.b} against {comparison.a}"
            lines += ["", *_sentence(against, width), *_sentence(comparison.sentence, width)]
        lines += ["", *_rows(rows(comparison), width)]
        changes = changes_table(comparison)
        lines += ["", *_table(changes, ab.arms, width)] if len(changes) > 1 else []
    if noted := list(notes(ab)):
        lines += ["", *_rows(noted, width)]
    return "\n".join([*lines, "", *_sessions(ab, width), "", f"command: {command_of(asked)}"])


def _sentence(text: str, width: int, label: str = "") -> list[str]:
    """It goes on below its own text, not below its label."""
    return wrap(label + " ".join(text.split()), width, len(label))


def _rows(found: Iterable[Row], width: int) -> list[str]:
    told = list(found)
    indent = max(len(label) for label, _ in told) + 2
    return [line for label, text in told for line in _sentence(text, width, label.ljust(indent))]


def _sessions(ab: Ab, width: int) -> list[str]:
    """Ids are never cut, since they are what other commands are given."""
    cells = sessions_table(ab)
    for heading in (None, *LEFT_OUT):
        cells = cells if heading is None else _without(cells, heading)
        lines = _lines(cells, ab.arms, width)
        if _fit(lines, width):
            break
    return _broken(lines, width)


def _without(cells: Table, heading: str) -> Table:
    at = cells[0].index(heading)
    return [(*row[:at], *row[at + 1 :]) for row in cells]


def _table(cells: Table, arms: Collection[str], width: int) -> list[str]:
    return _broken(_lines(cells, arms, width), width)


def _broken(lines: list[str], width: int) -> list[str]:
    """Rows that are wider than the terminal, however short the names of arms are, go on further in."""
    return [part for line in lines for part in wrap(line, width)]


def _lines(cells: Table, arms: Collection[str], width: int) -> list[str]:
    """Names of arms are as short as the width wants them."""
    for most in range(NAME_MOST, NAME_LEAST - 1, -1):
        lines = _aligned([tuple(_cut(cell, most) if cell in arms else cell for cell in row) for row in cells])
        if _fit(lines, width):
            break
    return lines


def _fit(lines: list[str], width: int) -> bool:
    return max(map(len, lines)) <= width


def _cut(name: str, most: int) -> str:
    """Its beginning and its end."""
    end = (most - 1) // 2
    return name if len(name) <= most else f"{name[: most - 1 - end]}…{name[-end:]}"


def _aligned(cells: Table) -> list[str]:
    """The first column to the left, numbers to the right."""
    widths = [max(len(row[column]) for row in cells) for column in range(len(cells[0]))]
    return ["  ".join(_placed(row, widths)).rstrip() for row in cells]


def _placed(row: tuple[str, ...], widths: list[int]) -> Iterable[str]:
    for column, (cell, width) in enumerate(zip(row, widths, strict=True)):
        yield cell.rjust(width) if column else cell.ljust(width)
