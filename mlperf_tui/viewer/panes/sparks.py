"""Sparks of one snapshot after another: each is drawn anew only when what it shows has changed."""

from __future__ import annotations

from mlperf_tui.viewer import glyphs
from mlperf_tui.viewer.history import Track


class Sparks:
    """Remembers the last spark of each row. A spark moves every few seconds only, and there are two a GPU."""

    def __init__(self) -> None:
        self._drawn: dict[int, tuple[object, str]] = {}

    def of(self, row: int, track: Track, cells: int, high: float) -> str:
        """The row's spark of so many cells, from 0 to `high`."""
        shows = (track.shown(cells, glyphs.SPARK_PERIOD_S), cells, high)
        known = self._drawn.get(row)
        if known is None or known[0] != shows:
            known = (shows, glyphs.spark(track.cells(cells, glyphs.SPARK_PERIOD_S), 0, high))
            self._drawn[row] = known
        return known[1]
