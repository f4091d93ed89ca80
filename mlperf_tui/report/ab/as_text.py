"""An A/B as plain text, for a terminal or a ticket: the answer first, at most 100 columns."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable

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
CELL = 40
"""What is longer in a table is cut."""


def as_text(ab: Ab, plan: Experiment | None = None) -> str:
    """The sentence, the arms, each comparison, notes, sessions, and the command (which is never wrapped)."""
    lines = [*_wrapped(headline(ab)), "", *_table(arms_table(ab))]
    for comparison in ab.comparisons:
        if len(ab.comparisons) > 1:
            lines += ["", f"{comparison.b} against {comparison.a}", *_wrapped(comparison.sentence)]
        lines += ["", *_rows(rows(comparison))]
        changes = changes_table(comparison)
        lines += ["", *_table(changes)] if len(changes) > 1 else []
    if noted := list(notes(ab)):
        lines += ["", *_rows(noted)]
    return "\n".join([*lines, "", *_table(sessions_table(ab)), "", f"command: {command_of(ab, plan)}"])


def _wrapped(text: str, first: str = "", indent: int = 0) -> list[str]:
    return textwrap.wrap(
        " ".join(text.split()), WIDTH, initial_indent=first, subsequent_indent=" " * indent, break_on_hyphens=False
    )


def _rows(found: Iterable[Row]) -> list[str]:
    told = list(found)
    width = max(len(label) for label, _ in told)
    return [line for label, text in told for line in _wrapped(text, f"{label.ljust(width)}  ", width + 2)]


def _table(cells: Table) -> list[str]:
    """The first column to the left, numbers to the right."""
    cut = [tuple(cell if len(cell) <= CELL else f"{cell[: CELL - 1]}…" for cell in row) for row in cells]
    widths = [max(len(row[column]) for row in cut) for column in range(len(cut[0]))]
    return ["  ".join(_placed(row, widths)).rstrip() for row in cut]


def _placed(row: tuple[str, ...], widths: list[int]) -> Iterable[str]:
    for column, (cell, width) in enumerate(zip(row, widths, strict=True)):
        yield cell.rjust(width) if column else cell.ljust(width)
