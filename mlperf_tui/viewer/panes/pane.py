"""The base of all panes: rows on Textual's line API, where only the rows that changed are drawn again."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import ClassVar

from rich.cells import cell_len
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from mlperf_tui.viewer import format as fmt
from mlperf_tui.viewer.panes.rows import Content, Look, Room, Row, changed_columns, row, strip
from mlperf_tui.viewer.snapshot import Snapshot


class Lines(Widget):
    """Rows of which only those that changed are drawn again."""

    def __init__(self, *, ascii_only: bool = False) -> None:
        super().__init__(id=type(self).__name__.lower())
        self.ascii_only = ascii_only
        self._shown: Sequence[Row] = []

    def rows(self) -> Sequence[Row]:
        """What stands here now, from the top."""
        raise NotImplementedError

    @property
    def says_something(self) -> bool:
        """Whether there are rows: none before the first numbers, nor before the pane has its place."""
        return bool(self._shown)

    def draw(self) -> None:
        rows = self.rows()
        for y in range(max(len(rows), len(self._shown))):
            old, new = (some[y] if y < len(some) else () for some in (self._shown, rows))
            if old != new and (columns := changed_columns(old, new)):
                self.refresh(Region(0, y, min(columns, self.size.width), 1))
        self._shown = rows

    def on_resize(self) -> None:
        self.draw()

    def render_line(self, y: int) -> Strip:
        shown = self._shown[y] if y < len(self._shown) else ()
        return strip(shown, self.size.width, ascii_only=self.ascii_only)


class Pane(Lines):
    """Draws what `content` makes of a snapshot. A pane with a `title` spends its first line on it."""

    title: ClassVar[str] = ""
    enlarged = False
    """Whether it has the screen for itself, and says where its numbers come from."""

    def __init__(self, *, ascii_only: bool = False) -> None:
        super().__init__(ascii_only=ascii_only)
        self.snapshot: Snapshot | None = None

    def content(self, snapshot: Snapshot, room: Room) -> Content:
        """The pane's rows; `room` is what it has below its title."""
        raise NotImplementedError

    def details(self, snapshot: Snapshot) -> list[str]:  # noqa: ARG002  most panes have some
        """What stands below the rows once the pane is enlarged: source, unit, age, and the reason of each dash."""
        return []

    def heading(self, snapshot: Snapshot) -> str:  # noqa: ARG002  some name what they show
        """The title of now."""
        return self.title

    def show(self, snapshot: Snapshot) -> None:
        """Draw this snapshot: rows that stay as they were aren't touched."""
        self.snapshot = snapshot
        self.draw()

    def in_view(self, content: Content, room: Room) -> list[Row]:
        """The rows for the screen, as many as fit."""
        return [*content.head, *content.body][: room.height]

    def note(self, content: Content, room: Room) -> str:  # noqa: ARG002  a pane that scrolls adds where it stands
        """What stands behind the title."""
        return content.note

    def rows(self) -> list[Row]:
        if self.snapshot is None or not self.size:
            return []
        room = Room(self.size.width, self.size.height - bool(self.title))
        content = self._content(self.snapshot, room)
        rows = self.in_view(content, room)
        heading = self.heading(self.snapshot)
        return [self._title_row(heading, self.note(content, room)), *rows] if self.title else rows

    def _content(self, snapshot: Snapshot, room: Room) -> Content:
        """The pane's own rows, and below them its details where it is enlarged."""
        if not self.enlarged:
            return self.content(snapshot, room)
        told = [
            row(""),
            *(row(f" {line}") for text in self.details(snapshot) for line in _wrapped(text, room.width - 2)),
        ]
        own = self.content(snapshot, Room(room.width, max(room.height - len(told), room.height // 2)))
        return Content(own.note, own.head, [*own.body, *told])

    def _title_row(self, heading: str, note: str) -> Row:
        """The note stands right behind the title: when it changes, the rule behind both isn't sent again."""
        name = f" {'▸ ' if self.screen.focused is self else ''}{heading} "
        left = self.size.width - cell_len(name) - 1
        fitting = fmt.fit(note.split(" · "), left - 3, " · ")
        said = f"─ {fitting} " if fitting else ""
        return (("─", Look.DIM), (name, Look.BOLD), (said, Look.PLAIN), ("─" * max(0, left - cell_len(said)), Look.DIM))


class ScrollPane(Pane, can_focus=True):
    """A pane whose body may be longer than its room. `offset_rows` counts from where it rests."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "enlarge", "enlarge", key_display="enter", tooltip="enlarge the pane, or back"),
        Binding("up", "scroll_rows(-1)", "scroll up", show=False),
        Binding("down", "scroll_rows(1)", "scroll down", show=False),
        Binding("pageup", "scroll_page(-1)", "scroll a page up", show=False),
        Binding("pagedown", "scroll_page(1)", "scroll a page down", show=False),
    ]

    from_end: ClassVar[bool] = False
    """Whether it rests at its end, as an output does, rather than at its top."""

    def __init__(self, *, ascii_only: bool = False) -> None:
        super().__init__(ascii_only=ascii_only)
        self.offset_rows = 0

    def in_view(self, content: Content, room: Room) -> list[Row]:
        space = max(0, room.height - len(content.head))
        self.offset_rows = max(0, min(self.offset_rows, len(content.body) - space))
        first = self._first(len(content.body), space)
        return [*content.head[: room.height], *content.body[first : first + space]]

    def note(self, content: Content, room: Room) -> str:
        space = max(0, room.height - len(content.head))
        total = len(content.body)
        if total <= space or (self.from_end and not self.offset_rows):
            return content.note
        first = self._first(total, space)
        where = f"{first + 1}–{first + space} of {total} {'↑' if first else ''}{'↓' if first + space < total else ''}"
        return fmt.fit([where, content.note], room.width - len(self.title) - 10)

    def action_enlarge(self) -> None:
        self.post_message(Enlarge(self))

    def on_click(self, event: events.Click) -> None:
        """A click takes the focus, which Textual does; a second one enlarges."""
        if event.chain == 2:
            self.action_enlarge()

    def action_scroll_rows(self, rows: int) -> None:
        self.offset_rows = max(0, self.offset_rows + (-rows if self.from_end else rows))
        self.draw()

    def action_scroll_page(self, pages: int) -> None:
        self.action_scroll_rows(pages * max(1, self.size.height - 2))

    def on_mouse_scroll_down(self) -> None:
        self.action_scroll_rows(3)

    def on_mouse_scroll_up(self) -> None:
        self.action_scroll_rows(-3)

    def on_focus(self) -> None:
        self.draw()

    def on_blur(self) -> None:
        self.draw()

    def _first(self, total: int, space: int) -> int:
        return max(0, total - space - self.offset_rows) if self.from_end else self.offset_rows


class Enlarge(Message):
    """A pane is to have the screen for itself, or no longer."""

    def __init__(self, pane: Pane) -> None:
        super().__init__()
        self.pane = pane


class SortPane(ScrollPane):
    """A table whose rows can be put in another order: `sorts` names the orders, the first one is how it comes."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("s", "sort", "sort", tooltip="sort the table another way", show=False)
    ]
    sorts: ClassVar[tuple[str, ...]] = ()

    def __init__(self, *, ascii_only: bool = False) -> None:
        super().__init__(ascii_only=ascii_only)
        self.sorted_by = 0

    @property
    def order(self) -> str:
        """The order of now."""
        return self.sorts[self.sorted_by]

    def action_sort(self) -> None:
        self.sorted_by = (self.sorted_by + 1) % len(self.sorts)
        self.offset_rows = 0
        self.draw()

    def note(self, content: Content, room: Room) -> str:
        said = super().note(content, room)
        return fmt.fit([f"by {self.order}", said], room.width - len(self.title) - 10) if self.sorted_by else said


def _wrapped(text: str, width: int) -> list[str]:
    """A text over as many lines as it needs, those after the first indented."""
    return textwrap.wrap(text, max(20, width), subsequent_indent="    ") or [""]


def empty(text: str) -> list[Row]:
    """The one row of a pane that has nothing to show: it says why."""
    return [row(f" {text}", Look.DIM)]
