"""The arms' loss curves over each other, by samples trained: each point is its arm's letter."""

from __future__ import annotations

import math
from collections.abc import Sequence

from mlperf_tui.frozen import frozen
from mlperf_tui.report.numbers import count
from mlperf_tui.viewer import format as fmt
from mlperf_tui.viewer.ab.pane import AbPane
from mlperf_tui.viewer.ab.picture import Arm, Held, Picture
from mlperf_tui.viewer.panes.pane import empty
from mlperf_tui.viewer.panes.rows import Content, Look, Room, Row, row

AXIS = 9
SEVERAL = "•"
LOOKS = (Look.SPARK, Look.BOLD, Look.PLAIN)
"""Beside its letter each arm has a look of its own, as far as they go."""


class Losses(AbPane):
    """A grid of letters, the samples below it."""

    title = "Loss"

    def made(self, picture: Picture, room: Room) -> Content:
        held = picture.held
        columns, lines = room.width - AXIS - 2, min(room.height, MOST_LINES) - 1
        if held is None or not any(_known(arm.losses) for arm in held.arms):
            return Content("by samples", [], empty("no process has told a loss yet"))
        if columns < 1 or lines < 1:
            return Content(_legend(held))
        drawn = plot([spread(arm.losses, columns) for arm in held.arms], lines)
        marks = [count(drawn.high), *[""] * (lines - 2), count(drawn.low)][:lines]
        body = [_row(mark, cells, held.arms) for mark, cells in zip(marks, drawn.lines, strict=True)]
        return Content(_legend(held), [], [*body, _below(held, columns)])

    def told(self, picture: Picture) -> list[str]:
        held = picture.held
        return [
            "loss: as the programs report it, rank 0's; means over the processes of an arm, as far as all have come",
            "each point is the mean over 5 % of the samples; a wider batch has fewer steps there; NaN is no point",
            *(f"{arm.letter} {arm.label}: {_told(arm)}" for arm in (held.arms if held else ())),
        ]


MOST_LINES = 40


@frozen
class Drawn:
    """Lines from the top; in each cell the arm's index, -1 for several, None for none."""

    lines: list[list[int | None]]
    low: float
    high: float


def plot(curves: Sequence[Sequence[float | None]], lines: int) -> Drawn:
    """Curves of one length on a grid of so many lines; at least one value is known."""
    known = [value for curve in curves for value in curve if value is not None]
    low, high = min(known), max(known)
    cells: list[list[int | None]] = [[None] * len(curves[0]) for _ in range(lines)]
    for arm, curve in enumerate(curves):
        for column, value in enumerate(curve):
            if value is not None:
                line = _line(value, low, high, lines)
                cells[line][column] = arm if cells[line][column] is None else -1
    return Drawn(cells, low, high)


def _line(value: float, low: float, high: float, lines: int) -> int:
    """Counted from the top; what is flat lies in the middle."""
    if high <= low:
        return lines // 2
    return min(lines - 1, math.floor((high - value) / (high - low) * lines))


def spread(values: Sequence[float | None], columns: int) -> list[float | None]:
    """The curve over so many columns: means where there are fewer columns than values."""
    if not values:
        return [None] * columns
    return [_mean(values, column, columns) for column in range(columns)]


def _mean(values: Sequence[float | None], column: int, columns: int) -> float | None:
    first = column * len(values) // columns
    last = max(first + 1, (column + 1) * len(values) // columns)
    known = _known(values[first:last])
    return sum(known) / len(known) if known else None


def _known(values: Sequence[float | None]) -> list[float]:
    return [value for value in values if value is not None]


def _row(mark: str, cells: Sequence[int | None], arms: Sequence[Arm]) -> Row:
    """Pieces of one look each."""
    pieces: list[tuple[str, Look]] = [(f"{fmt.cell(mark, AXIS)} ", Look.PLAIN)]
    for cell in cells:
        sign, look = _sign(cell, arms)
        if pieces[-1][1] is look:
            pieces[-1] = (pieces[-1][0] + sign, look)
        else:
            pieces.append((sign, look))
    return tuple(pieces)


def _sign(cell: int | None, arms: Sequence[Arm]) -> tuple[str, Look]:
    if cell is None:
        return " ", Look.PLAIN
    return (SEVERAL, Look.PLAIN) if cell < 0 else (arms[cell].letter, LOOKS[min(cell, len(LOOKS) - 1)])


def _below(held: Held, columns: int) -> Row:
    """Where the samples begin and end."""
    end = f"{held.until:,.0f} samples"
    text = "0" + end.rjust(columns - 1) if len(end) < columns - 1 else "0"
    return row(f"{' ' * AXIS} {text}", Look.DIM)


def _legend(held: Held) -> str:
    names = [f"{arm.letter} {arm.label}" for arm in held.arms if _known(arm.losses)]
    both = [f"{SEVERAL} {'both' if len(names) == 2 else 'several'}"] if len(names) > 1 else []
    return " · ".join([*names, *both])


def _told(arm: Arm) -> str:
    known = _known(arm.losses)
    return f"from {count(known[0], 4)} to {count(known[-1], 4)}" if known else f"{fmt.DASH} no loss was told"
