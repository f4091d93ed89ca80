"""How many lines each pane of an experiment's screen gets: pure arithmetic, no widget."""

from __future__ import annotations

from collections.abc import Sequence

from mlperf_tui.frozen import frozen
from mlperf_tui.viewer.layout import WIDE

THREE_FROM = 150
"""From this many columns on runs and events stand side by side."""

SINGLE_LINES = 3
"""Two of header, one of footer."""

VERDICT, RATIO, ARMS, CURVES = 3, 3, 5, 5
"""The least that is worth showing, the title included."""

ENOUGH = (5, 5, 10)
"""What verdict, ratio and arms get before one of them gets more,"""

MOST = (10, 12, 1 << 10)
"""and what they get in all; the curves have what is left."""

CURVES_ENOUGH = 8
BESIDE = 4
"""The least that runs, and events, are worth."""

COLUMN_SHARE, ROW_SHARE = 45, 60
"""Percent of the width for runs and events, one above the other or side by side."""


@frozen
class Layout:
    """Lines of each pane; with none it isn't shown. `curves` is what losses have, and all that stands beside them.

    `beside_columns` is 0 where runs and events stand below the losses rather than beside them.
    """

    verdict: int
    ratio: int
    arms: int
    curves: int
    runs: int
    events: int
    beside_columns: int
    in_a_row: bool


def arrange(width: int, height: int, wanted: Sequence[int], *, notice: bool) -> Layout:
    """The layout for so many lines that verdict, ratio and arms would take in full.

    What nobody asked for goes to the lowest pane that there is room for.
    """
    left = max(0, height - SINGLE_LINES - notice)
    lines = _grown(left, _fitting(left, (VERDICT, RATIO, ARMS, CURVES)), wanted)
    lowest = max((at for at, one in enumerate(lines) if one), default=0)
    lines[lowest] += left - sum(lines)
    verdict, ratio, arms, curves = lines
    runs, events, columns = _beside(width, curves) if width >= WIDE else _below(curves)
    return Layout(verdict, ratio, arms, curves, runs, events, columns, in_a_row=width >= THREE_FROM)


def _fitting(left: int, least: Sequence[int]) -> list[int]:
    """The least of each, in order, as far as there is room for it."""
    found: list[int] = []
    for lines in least:
        fits = lines <= left - sum(found)
        found.append(lines if fits else 0)
    return found


def _grown(left: int, least: Sequence[int], wanted: Sequence[int]) -> list[int]:
    """What is spare goes to the verdict first, then to the ratio and to the arms, as far as they ask for it."""
    found = list(least)
    for limits in (ENOUGH, MOST):
        for at, (asked, most) in enumerate(zip(wanted, limits, strict=True)):
            if found[at]:
                found[at] += max(0, min(left - sum(found), min(asked, most) - found[at]))
    return found


def _beside(width: int, curves: int) -> tuple[int, int, int]:
    """Lines of runs and of events beside the losses, and their columns; without room for both, the runs."""
    if width >= THREE_FROM:
        return curves, curves, width * ROW_SHARE // 100
    runs = curves // 2 if curves >= 2 * BESIDE else curves
    return runs, curves - runs, width * COLUMN_SHARE // 100


def _below(curves: int) -> tuple[int, int, int]:
    """The same below the losses, once these have enough; no columns."""
    spare = max(0, curves - CURVES_ENOUGH)
    if spare < BESIDE:
        return 0, 0, 0
    runs = spare // 2 if spare >= 2 * BESIDE else spare
    return runs, spare - runs, 0
