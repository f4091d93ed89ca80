"""Lines of foreign text as rows: cut or wrapped, scrolled to the right, and what matches made to stand out."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import accumulate
from typing import overload

from rich.cells import chop_cells

from mlperf_tui.session.search import Line
from mlperf_tui.viewer import format as fmt
from mlperf_tui.viewer.output_reader import MOST_LINES
from mlperf_tui.viewer.panes.rows import Look, Piece, Row

MARGIN = " "
MATCH = Look.CHOSEN


@dataclass(slots=True)
class OutputRows(Sequence[Row]):
    """All rows of the lines, made only when they are asked for; `width` counts columns, `column` those left out."""

    lines: Sequence[Line]
    width: int
    wrap: bool = False
    column: int = 0
    _ends: list[int] = field(init=False)

    def __post_init__(self) -> None:
        self._ends = list(accumulate(map(self._height, self.lines))) if self.wrap else []

    def __len__(self) -> int:
        return self._ends[-1] if self._ends else 0 if self.wrap else len(self.lines)

    @overload
    def __getitem__(self, index: int) -> Row: ...
    @overload
    def __getitem__(self, index: slice) -> list[Row]: ...
    def __getitem__(self, index: int | slice) -> Row | list[Row]:
        if isinstance(index, slice):
            return [self._row(row) for row in range(len(self))[index]]
        return self._row(range(len(self))[index])

    def line_of(self, row: int) -> int:
        """Which line a row belongs to."""
        return bisect_right(self._ends, row) if self.wrap else row

    def last_row_of(self, line: int) -> int:
        """The last row of a line."""
        return self._ends[line] - 1 if self.wrap else line

    def _row(self, row: int) -> Row:
        index = self.line_of(row)
        line = self.lines[index]
        if not self.wrap:
            return _pieces(fmt.cut(line.text[self.column :], self.width - len(MARGIN)), self.column, line.spans)
        parts = self._parts(line)
        part = row - (self._ends[index] - len(parts))
        return _pieces(parts[part], sum(map(len, parts[:part])), line.spans)

    def _height(self, line: Line) -> int:
        return -(-len(line.text) // self._room) if line.text.isascii() else len(_chopped(line.text, self._room))

    def _parts(self, line: Line) -> Sequence[str]:
        if not line.text.isascii():
            return _chopped(line.text, self._room)
        return [line.text[start : start + self._room] for start in range(0, len(line.text), self._room)]

    @property
    def _room(self) -> int:
        return max(2, self.width - len(MARGIN))


@lru_cache(MOST_LINES)
def _chopped(text: str, room: int) -> tuple[str, ...]:
    """The text in pieces of so many columns, where a character may take two: slow, and asked for at every frame."""
    return tuple(chop_cells(text, room))


def _pieces(shown: str, first: int, spans: Sequence[tuple[int, int]]) -> Row:
    """The text from character `first` of its line on, cut up where matches begin and end."""
    pieces: list[Piece] = [(MARGIN, Look.PLAIN)]
    done = 0
    for begin, end in spans:
        low, high = max(done, begin - first), min(len(shown), end - first)
        if low < high:
            pieces += [(shown[done:low], Look.PLAIN), (shown[low:high], MATCH)]
            done = high
    return (*pieces, (shown[done:], Look.PLAIN))
