"""How many lines each pane gets on a screen of some size: pure arithmetic, no widget."""

from __future__ import annotations

from mlperf_tui.frozen import frozen

WIDE = 100
"""From this many columns on, links and threads stand side by side, and so do output and events."""

QUALITY_FROM = 64
"""Below so many columns throughput has its line for itself."""

SINGLE_LINES = 3
"""Header, host and footer."""

TOP_LEAST, TOP_MOST = 4, 10
TOP_SHARE = 0.3
"""Of a tall screen the curves may take so much: output seldom fills what is left."""

MIDDLE_LEAST, MIDDLE_MOST = 4, 18
BOTTOM_LEAST = 3
TITLE = 1
HEADED = 2
"""A pane's title and its column headings."""

THREADS = 8
"""So many threads are worth a line each before the output is worth more."""


@frozen
class Layout:
    """Lines of the top panes, of the GPU pane and of links and threads; output and events take what is left.

    A pane with no lines or columns is not shown. `links_line` says that links get one line instead of a pane.
    """

    top: int
    gpus: int
    middle: int
    bottom: int
    links_line: bool
    quality_columns: int
    events_columns: int
    links_columns: int


def arrange(width: int, height: int, gpus: int, links: int, threads: int, *, notice: bool) -> Layout:
    """The layout of a screen with so many GPUs, links and threads to show, and with or without a line of notice."""
    wide = width >= WIDE
    left = max(0, height - SINGLE_LINES - notice)
    middle = MIDDLE_LEAST if left >= TOP_LEAST + MIDDLE_LEAST + BOTTOM_LEAST + HEADED else 0
    bottom = BOTTOM_LEAST if left >= TOP_LEAST + middle + BOTTOM_LEAST + HEADED else 0
    top = min(TOP_LEAST, left)
    table = _table(gpus, left - top - middle - bottom)
    spare = max(0, left - top - middle - bottom - table)
    more_middle = min(spare * 3 // 5, max(0, _middle(gpus, links, threads, wide=wide) - middle)) if middle else 0
    most_top = max(TOP_MOST, int(TOP_SHARE * height))
    more_top = min((spare - more_middle) // 2, most_top - top) if bottom else spare - more_middle
    return Layout(
        top=top + more_top,
        gpus=table,
        middle=middle + more_middle,
        bottom=max(0, left - top - more_top - table - middle - more_middle),
        links_line=bool(gpus and middle) and not (wide and links),
        quality_columns=0 if width < QUALITY_FROM else min(60, max(32, width * 35 // 100)),
        events_columns=min(60, max(42, width * 35 // 100)) if wide else 0,
        links_columns=min(90, max(42, width * 42 // 100)) if wide and gpus and links else 0,
    )


def _table(gpus: int, room: int) -> int:
    """The GPU table's lines: all GPUs where they fit; one line that says why where there is none."""
    if not gpus:
        return 1
    return min(gpus + HEADED, room) if room > HEADED else 0


def _middle(gpus: int, links: int, threads: int, *, wide: bool) -> int:
    """Lines that links and threads would like."""
    lines = TITLE + min(threads, THREADS * (1 if gpus else 2))
    return min(MIDDLE_MOST, max(links + HEADED, lines) if wide else lines + bool(gpus))
