"""What the terminal shows, cell by cell: of a frame that Textual composed, only the cells that differ are sent.

Textual sends a row from the start of what changed in it, and blanks as spaces; behind a slow link that is most of it.
The sequences used are ECMA-48's CUP, EL, ED and SGR, which every terminal since the VT100 knows.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby

from rich.cells import get_character_cell_size as _columns
from rich.console import Console
from rich.style import Style
from textual._compositor import ChopsUpdate, CompositorUpdate, LayoutUpdate
from textual.geometry import Size
from textual.strip import Strip

from mlperf_tui.viewer import colours, glyphs

Cell = tuple[str, Style | None]
Piece = tuple[int, int, Strip]
"""Column and line, from 0, and what stands there from now on."""

BLANK: Cell = (" ", None)
RIGHT_HALF: Cell = ("", None)
"""The second column of a wide character."""

CLEAR = "\x1b[m\x1b[2J"
CLEAR_TO_END = "\x1b[K"
JUMP_BYTES = 8
"""Cells that stay are sent again where that takes no more bytes than jumping over them."""


class Cells:
    """The terminal's cells as they were sent; `size` is empty while they aren't known.

    Whatever else writes to the terminal makes it wrong: then `forget`.
    """

    def __init__(self, *, coloured: bool = True, ascii_only: bool = False) -> None:
        self._coloured = coloured
        self._ascii_only = ascii_only
        self._rows: list[list[Cell]] = []
        self.size = Size()

    def forget(self) -> None:
        """The terminal may show anything: the next difference clears it, and has to be of a whole frame."""
        self.size = Size()

    def difference(self, pieces: Iterable[Piece], size: Size) -> str:
        """The sequences that make the terminal, `size` large, show the pieces where it shows something else."""
        said = []
        if size != self.size:
            self.size = size
            self._rows = [[BLANK] * size.width for _ in range(size.height)]
            said.append(CLEAR)
        wanted: dict[int, list[Cell]] = {}
        for x, y, strip in pieces:
            if y < size.height:
                row = wanted.setdefault(y, list(self._rows[y]))
                cells = self._cells(strip)[: max(0, size.width - x)]
                row[x : x + len(cells)] = cells
        for y, row in wanted.items():
            said.extend(_changes(self._rows[y], row, y))
            self._rows[y] = row
        return "".join(said)

    def _cells(self, strip: Strip) -> list[Cell]:
        cells: list[Cell] = []
        for text, style, control in strip:
            if not control:
                look = None if style is None else colours.seen(style, coloured=self._coloured)
                cells.extend(_cells_of(_plain(text) if self._ascii_only else text, look))
        columns = strip.cell_length
        return [*cells, *[BLANK] * (columns - len(cells))][:columns]


class Difference(CompositorUpdate):
    """What Textual's app is handed to display in place of its own update."""

    def __init__(self, text: str) -> None:
        self._text = text

    def render_segments(self, console: Console) -> str:  # noqa: ARG002  Textual's name
        return self._text


def pieces(update: ChopsUpdate | LayoutUpdate) -> Iterator[Piece]:
    """What an update of Textual's compositor is made of."""
    if isinstance(update, LayoutUpdate):
        for y, line in enumerate(update.strips, update.region.y):
            x = update.region.x
            for strip in line:
                yield x, y, strip
                x += strip.cell_length
        return
    for y, x1, x2 in update.spans:
        for end, (x, chop) in zip(update.chop_ends[y], update.chops[y].items(), strict=False):
            if chop is not None and x <= x2 and end > x1:
                yield x, y, chop.crop(0, min(end, x2) - x)


def _cells_of(text: str, look: Style | None) -> list[Cell]:
    blank = BLANK if look is None or not colours.shows_blank(look) else (" ", look)
    if text.isascii():
        return [blank if character == " " else (character, look) for character in text]
    cells: list[Cell] = []
    for character in text:
        columns = _columns(character)
        if columns:
            cells += [blank if character == " " else (character, look), *[RIGHT_HALF] * (columns - 1)]
        elif cells:
            cells[-1] = (cells[-1][0] + character, look)
    return cells


def _plain(text: str) -> str:
    """ASCII that is as wide, of Textual's own widgets too."""
    if text.isascii():
        return text
    return "".join(glyphs.plain(sign)[:columns].ljust(columns) for sign, columns in ((c, _columns(c)) for c in text))


def _changes(old: list[Cell], new: list[Cell], y: int) -> Iterator[str]:
    """One row's sequences; what is blank up to the right edge is cleared in one go."""
    if old == new:
        return
    blank_from = next((x + 1 for x in range(len(new) - 1, -1, -1) if new[x] != BLANK), 0)
    for start, end in _runs(old, new):
        yield f"\x1b[{y + 1};{start + 1}H"
        yield _drawn(new[start : min(end, blank_from)])
        if end > blank_from:
            yield CLEAR_TO_END
            return


def _runs(old: list[Cell], new: list[Cell]) -> list[tuple[int, int]]:
    """Columns, from and to, that have to be sent.

    A row with a wide character is sent whole: terminals disagree about how wide, and a part would stand wrong.
    """
    differing = [x for x, (was, now) in enumerate(zip(old, new, strict=True)) if was != now]
    if differing and (RIGHT_HALF in old or RIGHT_HALF in new):
        return [(0, len(new))]
    runs: list[tuple[int, int]] = []
    for x in differing:
        if runs and _bytes(new[runs[-1][1] : x]) <= JUMP_BYTES:
            runs[-1] = (runs[-1][0], x + 1)
        else:
            runs.append((x, x + 1))
    return runs


def _bytes(cells: list[Cell]) -> int:
    return sum(len(character.encode()) for character, _ in cells)


def _drawn(cells: list[Cell]) -> str:
    said = []
    for look, group in groupby(_joined(cells), key=lambda cell: cell[1]):
        text = "".join(character for character, _ in group)
        said.append(text if look is None else f"\x1b[{Strip.render_ansi(look, colours.SYSTEM)}m{text}\x1b[0m")
    return "".join(said)


def _joined(cells: list[Cell]) -> Iterator[Cell]:
    """Blanks between words take the words' look where that can't be seen: changing it twice takes bytes."""
    before: Style | None = None
    for character, look in cells:
        if look is not None or before is None or character != " " or colours.shows_blank(before):
            before = look
        yield character, before
