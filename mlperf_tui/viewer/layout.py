"""How many lines each pane gets on a screen of some size: pure arithmetic, no widget."""

from __future__ import annotations

from dataclasses import dataclass

WIDE = 100
"""From this many columns on, events have a pane of their own beside the output."""

SINGLE_LINES = 3
"""Header, host and footer."""

TOP_LEAST, TOP_MOST = 4, 9
BOTTOM_LEAST = 4
GPU_EXTRA = 2
"""The GPU pane's title and its column headings."""


@dataclass(frozen=True, slots=True)
class Layout:
    """Lines of the top panes and of the GPU pane; the bottom ones take what is left."""

    top: int
    gpus: int
    quality_columns: int
    events_columns: int


def arrange(width: int, height: int, gpus: int, *, notice: bool) -> Layout:
    """The layout of a screen with so many GPUs, and with or without a line of notice."""
    left = height - SINGLE_LINES - notice
    table = min(gpus + GPU_EXTRA, max(GPU_EXTRA + 1, left - TOP_LEAST - BOTTOM_LEAST)) if gpus else 1
    spare = max(0, left - table - TOP_LEAST - BOTTOM_LEAST)
    return Layout(
        top=TOP_LEAST + min(TOP_MOST - TOP_LEAST, spare // 3),
        gpus=table,
        quality_columns=min(60, max(32, width * 35 // 100)),
        events_columns=0 if width < WIDE else min(60, max(42, width * 35 // 100)),
    )
