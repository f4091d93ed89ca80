"""Sparks and curves out of blocks; the signs for a terminal without UTF-8 are in a lower room."""

from __future__ import annotations

import math
from collections.abc import Sequence

from mlperf_tui.report.plain import BLOCKS
from mlperf_tui.report.plain import plain as plain
from mlperf_tui.report.plain import utf8 as utf8

SPARK_PERIOD_S = 4
"""Seconds a cell of a spark: it moves no oftener than that, and fifteen cells are a minute."""

SPARK_CELLS = (120, 90, 60, 45, 30, 15)


def spark(values: Sequence[float | None], low: float, high: float) -> str:
    """One block a value between `low` and `high`; a blank where nothing is known.

    None is full, so that the sparks of two rows, one above the other, don't run together.
    """
    return "".join(_block(value, low, high) for value in values)


def spark_cells(columns: int) -> int:
    """As many cells as make whole minutes in so many columns; 0 where not even one fits."""
    return next((cells for cells in SPARK_CELLS if cells <= columns), 0)


def minutes(cells: int) -> str:
    """What a spark of so many cells shows."""
    return f"last {cells * SPARK_PERIOD_S // 60} min"


def curve(values: Sequence[float | None], rows: int, low: float, high: float) -> list[str]:
    """Columns over `rows` lines, from `low` at the bottom to `high` at the top; a blank column is a gap, not 0."""
    return ["".join(_part(value, row, rows, low, high) for value in values) for row in range(rows - 1, -1, -1)]


def _block(value: float | None, low: float, high: float) -> str:
    if value is None or not math.isfinite(value):
        return " "
    return BLOCKS[min(6, int(7 * _height(value, low, high)))]


def _part(value: float | None, row: int, rows: int, low: float, high: float) -> str:
    """What a column shows in one line, counted from the bottom: something even of `low`, so that it isn't a gap."""
    if value is None or not math.isfinite(value):
        return " "
    inside = max(1, round(8 * rows * _height(value, low, high))) - 8 * row
    return BLOCKS[min(8, inside) - 1] if inside > 0 else " "


def _height(value: float, low: float, high: float) -> float:
    """Where between `low` (0) and `high` (1) a value stands."""
    return max(0.0, min(1.0, (value - low) / (high - low))) if high > low else 0.0
