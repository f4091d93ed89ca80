"""What comes up over the list: the question before sessions are deleted, all keys, and two sessions side by side."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import Static

from mlperf_tui.report.listed import Listed, counted
from mlperf_tui.report.numbers import DASH, gib
from mlperf_tui.report.side_by_side import NO_CLAIM, Compared, SideBySide
from mlperf_tui.viewer import format as fmt
from mlperf_tui.viewer.panes.rows import Look, Room, Row, row
from mlperf_tui.viewer.screens.paced import PacedModalScreen
from mlperf_tui.viewer.screens.stop import StopScreen
from mlperf_tui.viewer.sessions.board import Board, Keys
from mlperf_tui.viewer.sessions.model import Picture

NAMED = 5
"""So many sessions are named before they are deleted."""

HELP = (
    "Leaving stops no run.",
    "Throughput is that of the last steps while a run lasts, then its mean;",
    "of an experiment the second arm's over the first's, ? where neither won.",
    "Over run: by time, from 0 to the run's own best;",
    "a blank: nothing was trained. A dash means unknown.",
)
LABEL_COLUMNS, RATIO_COLUMNS = 19, 8
BESIDE_FROM = 70
"""With fewer columns the two values stand one below the other."""


class RemoveScreen(StopScreen):
    """The one question before sessions are deleted. Anything that isn't a clear yes is a no."""

    def __init__(self, rows: list[Listed]) -> None:
        super().__init__("", 0.0)
        self._rows = rows

    def compose(self) -> ComposeResult:
        names = [_named(one) for one in self._rows[:NAMED]]
        more = [f"and {len(self._rows) - NAMED} more"] if len(self._rows) > NAMED else []
        size = gib(sum(one.size_bytes or 0 for one in self._rows))
        what = _one(self._rows[0]) if len(self._rows) == 1 else many(self._rows)
        text = "\n".join(
            [f"Delete {what} for good? {size} will be free.", "", *names, *more, "", "y  delete      n  keep"]
        )
        with Vertical(id="question"):
            yield Static(text, markup=False)


def many(rows: Sequence[Listed]) -> str:
    """How many sessions and experiments these are."""
    experiments = sum(row.runs is not None for row in rows)
    return counted(len(rows) - experiments, experiments)


def _one(row: Listed) -> str:
    return "this experiment" if row.runs is not None else "this session"


def _named(row: Listed) -> str:
    """An experiment with how many sessions go with it."""
    with_it = f"with {counted(row.runs, 0)}" if row.runs else ""
    return "  ".join(part for part in (row.id, row.name, with_it) if part)


class Comparison(Board, can_focus=True):
    """Two sessions beside each other; below each other where it is narrow. Scrolls."""

    def __init__(self, names: tuple[str, str], *, ascii_only: bool) -> None:
        super().__init__(ascii_only=ascii_only)
        self._names = names
        self._found: SideBySide | None = None
        self._offset = 0

    def found(self, found: SideBySide) -> None:
        """What was read of the two."""
        self._found = found
        self.draw()

    def scroll_rows(self, rows: int) -> None:
        self._offset += rows
        self.draw()

    def paint(self, picture: Picture, room: Room) -> list[Row]:  # noqa: ARG002
        if self._found is None:
            return [row(" reading both sessions …", Look.DIM)]
        head = list(self._head(self._found, room.width))[: room.height]
        body = list(self._body(self._found, room.width))
        space = max(0, room.height - len(head))
        self._offset = max(0, min(self._offset, len(body) - space))
        return [*head, *body[self._offset : self._offset + space]]

    def _head(self, found: SideBySide, width: int) -> Iterator[Row]:
        for line in textwrap.wrap(found.verdict, max(20, width - 2), break_on_hyphens=False):
            yield row(f" {line}", Look.BOLD)
        yield row(f" {fmt.shorten(NO_CLAIM, width - 2)}", Look.DIM)
        yield from _lines(Compared("", f"1  {self._names[0]}", f"2  {self._names[1]}", "2 / 1"), width, Look.BOLD)

    def _body(self, found: SideBySide, width: int) -> Iterator[Row]:
        for one in found.differing:
            yield from _lines(one, width, Look.PLAIN)
        yield row(" " + "─" * max(0, width - 2), Look.DIM)
        for one in found.rows:
            yield from _lines(one, width, Look.PLAIN)


def _lines(one: Compared, width: int, look: Look) -> Iterator[Row]:
    ratio = "" if one.ratio == DASH else one.ratio
    if width < BESIDE_FROM:
        yield row(f" {fmt.fit([one.label, ratio], width - 2)}", Look.DIM)
        yield row(f"   {fmt.shorten(one.left, width - 4)}", look)
        yield row(f"   {fmt.shorten(one.right, width - 4)}", look)
        return
    each = (width - LABEL_COLUMNS - RATIO_COLUMNS - 5) // 2
    values = [fmt.shorten(value, each).ljust(each) for value in (one.left, one.right)]
    label = fmt.shorten(one.label, LABEL_COLUMNS).ljust(LABEL_COLUMNS)
    yield ((f" {label} ", Look.DIM), (f"{values[0]} {values[1]} {ratio.rjust(RATIO_COLUMNS)}", look))


class CompareScreen(PacedModalScreen[None]):
    """Two sessions on a page of their own."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,equals_sign", "dismiss", "back"),
        Binding("up", "scroll_rows(-1)", "scroll", key_display="↑↓"),
        Binding("down", "scroll_rows(1)", "scroll", show=False),
        Binding("pageup", "scroll_page(-1)", "scroll a page up", show=False),
        Binding("pagedown", "scroll_page(1)", "scroll a page down", show=False),
    ]

    def __init__(self, names: tuple[str, str], *, ascii_only: bool) -> None:
        super().__init__()
        self.comparison = Comparison(names, ascii_only=ascii_only)
        self._keys = Keys(ascii_only=ascii_only)

    def compose(self) -> ComposeResult:
        yield self.comparison
        yield self._keys

    def on_mount(self) -> None:
        self.comparison.focus()

    def on_screen_resume(self) -> None:
        self._keys.draw()

    def action_scroll_rows(self, rows: int) -> None:
        self.comparison.scroll_rows(rows)

    def action_scroll_page(self, pages: int) -> None:
        self.comparison.scroll_rows(pages * max(1, self.size.height - 4))

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:  # noqa: ARG002
        self.comparison.scroll_rows(3)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:  # noqa: ARG002
        self.comparison.scroll_rows(-3)
