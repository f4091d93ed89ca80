"""Intervals of a ratio as bars on one scale. Pure: looks in, texts out."""

from __future__ import annotations

import math
from collections.abc import Sequence

from mlperf_tui.analysis.ab.result import Look
from mlperf_tui.frozen import frozen

MOST_WIDTHS = 6
"""The scale holds earlier, wider intervals, and 1, as long as it is no wider than so many of the newest interval."""

FARTHEST = math.log(10)
"""An interval that reaches to more than ten times the ratio goes on beyond the scale."""

MARGIN = 0.05
"""Of the scale's width, on either side."""


@frozen
class Scale:
    """From `low` to `high` on the scale of logarithms, over so many columns."""

    low: float
    high: float
    columns: int

    def column(self, ratio: float) -> int:
        """Where a ratio stands; outside of 0 to `columns` - 1 where the scale doesn't reach."""
        share = (math.log(ratio) - self.low) / (self.high - self.low)
        return math.floor(min(max(share, -1.0), 2.0) * (self.columns - 1) + 0.5)

    def shows(self, ratio: float) -> bool:
        """Whether the scale reaches so far."""
        return 0 <= self.column(ratio) < self.columns

    @property
    def ends(self) -> tuple[float, float]:
        """The ratios at its first and its last column."""
        return math.exp(self.low), math.exp(self.high)


def scale_of(looks: Sequence[Look], within: float, columns: int) -> Scale:
    """The scale for the looks of one comparison, of which there is at least one."""
    newest, half = looks[-1], math.log1p(within)
    low = min(_logs(newest)[0], math.log(newest.ratio) - half)
    high = max(_logs(newest)[1], math.log(newest.ratio) + half)
    widest = (high - low) * MOST_WIDTHS
    for wanted in [*map(_logs, reversed(looks)), (0.0, 0.0)]:
        wider = min(low, wanted[0]), max(high, wanted[1])
        if wider[1] - wider[0] <= widest:
            low, high = wider
    margin = max(MARGIN * (high - low), 1e-6)
    return Scale(low - margin, high + margin, columns)


def _logs(look: Look) -> tuple[float, float]:
    """The ends of an interval, as far as a scale follows them."""
    middle = math.log(look.ratio)
    return max(math.log(look.low), middle - FARTHEST), min(math.log(look.high), middle + FARTHEST)


def bar(scale: Scale, look: Look, band: tuple[float, float] | None) -> str:
    """An interval from ├ to ┤ with ● at the ratio, ← or → where it goes on; │ stands at 1, dots in the band."""
    cells = [" "] * scale.columns
    if band is not None:
        _fill(cells, scale.column(band[0]), scale.column(band[1]), "·")
    if scale.shows(1.0):
        cells[scale.column(1.0)] = "│"
    first, last = scale.column(look.low), scale.column(look.high)
    _fill(cells, first, last, "─")
    _put(cells, first, "├")
    _put(cells, last, "┤")
    if first < 0:
        cells[0] = "←"
    if last >= scale.columns:
        cells[-1] = "→"
    _put(cells, scale.column(look.ratio), "●")
    return "".join(cells)


def axis(scale: Scale, ends: tuple[str, str]) -> str:
    """The texts of both ends, and ×1 where it is in range and there is room for it between them."""
    left, right = ends
    text = [" "] * scale.columns
    if len(left) + len(right) + 1 > scale.columns:
        return "".join(text)
    text[: len(left)] = left
    text[scale.columns - len(right) :] = right
    at = scale.column(1.0)
    if scale.shows(1.0) and len(left) < at < scale.columns - len(right) - 2:
        text[at : at + 2] = "×1"
    return "".join(text)


def _fill(cells: list[str], first: int, last: int, sign: str) -> None:
    for at in range(max(0, first), min(len(cells) - 1, last) + 1):
        cells[at] = sign


def _put(cells: list[str], at: int, sign: str) -> None:
    if 0 <= at < len(cells):
        cells[at] = sign
