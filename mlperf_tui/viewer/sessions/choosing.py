"""The list on the screen, and the keys that only choose: cursor, marks, order and filter. Nothing happens to a run."""

from __future__ import annotations

import dataclasses
from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.widgets import Input, Static

from mlperf_tui.session.status import LIVE
from mlperf_tui.viewer.screens.paced import PacedScreen
from mlperf_tui.viewer.sessions.board import Board, Detail, Keys, Table, Title
from mlperf_tui.viewer.sessions.entry import Entry
from mlperf_tui.viewer.sessions.feed import Looked
from mlperf_tui.viewer.sessions.model import Picture, View, alone, shown, underway

FAR = 1_000_000
FILTER = "show those with"


class ChoosingScreen(PacedScreen[None]):
    """Draws what the feed has looked at, as its user wants to see it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space,m", "mark", "mark", tooltip="mark it, or not any more"),
        Binding("slash", "filter", "filter", key_display="/", tooltip="show those with some words in them"),
        Binding("o,s", "order", "order", tooltip="order by age, throughput, size or name"),
        Binding("a", "fold", "runs", tooltip="show the runs of experiments, each under its own, or not any more"),
        Binding("escape", "all", "all", tooltip="show all again; then mark none", show=False),
        Binding("up", "move(-1)", "a session up", show=False),
        Binding("down", "move(1)", "a session down", show=False),
        Binding("pageup", "page(-1)", "a page up", show=False),
        Binding("pagedown", "page(1)", "a page down", show=False),
        Binding("home", f"move(-{FAR})", "to the first", show=False),
        Binding("end", f"move({FAR})", "to the last", show=False),
        Binding("tab,shift+tab", "stay", show=False),
    ]

    def __init__(self, view: View, place: str, empty: str, *, ascii_only: bool) -> None:
        super().__init__()
        self.view = view
        self.picture = Picture(view, place=place, empty=empty)
        self.looked = Looked((), None, 0.0)
        self.busy: dict[str, str] = {}
        self.gone: set[str] = set()
        self.typing: str | None = None
        self.ascii_only = ascii_only
        self.said = ""

    def compose(self) -> ComposeResult:
        given: dict[str, Any] = {"ascii_only": self.ascii_only}
        yield Title(**given)
        yield Table(**given)
        yield Detail(**given)
        with Horizontal(id="entry"):
            yield Static("", markup=False)
            yield Entry(compact=True, select_on_focus=False)
        yield Keys(**given)

    def on_mount(self) -> None:
        self.query_one(Table).focus()
        self.draw()

    def take(self, looked: Looked) -> None:
        """Show what the feed has seen."""
        self.looked = looked
        self.draw()

    def draw(self) -> None:
        """Draw what has changed."""
        rows = underway(self.looked.rows, self.busy, self.gone)
        tops = alone(rows)
        self.picture = dataclasses.replace(
            self.picture,
            view=self.view,
            rows=shown(rows, self.view),
            known=len(rows),
            experiments=sum(row.runs is not None for row in rows),
            folded=0 if self.view.unfolded else len(rows) - len(tops),
            total=self.looked.total,
            live=sum(row.status in LIVE for row in tops),
            now_s=self.looked.now_s,
            said=self.said,
        )
        for board in self.query(Board):
            board.show_picture(self.picture)

    def say(self, text: str) -> None:
        """Tell something until the next choice."""
        self.said = text
        self.draw()

    def choose(self, view: View) -> None:
        """What the user wants to see from now on; what was said has been seen."""
        self.view = view
        self.say("")

    def ask(self, label: str, value: str) -> None:
        """Let a line be typed; `typed` gets it. While it is, no other key of the list does anything."""
        self.typing = label
        self.query_one("#entry Static", Static).update(label)
        entry = self.query_one(Entry)
        entry.value = value
        entry.cursor_position = len(value)
        self.query_one("#entry").display = True
        entry.focus()
        self.draw()

    def typed(self, label: str, text: str) -> None:
        """The line that was asked for, kept."""
        if label == FILTER:
            self.choose(dataclasses.replace(self.view, wanted=text.strip()))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Rows can't be selected, so there is nothing to copy; while something is typed no key is the list's.

        Letters are the entry's anyway; this is about arrows, delete and the like.
        """
        if action == "fold" and not self.picture.experiments:
            return None
        if action == "copy_text" or (self.typing and hasattr(self, f"action_{action}")):
            return False
        return super().check_action(action, parameters)

    def action_move(self, rows: int) -> None:
        self.choose(self.view.pointing(self.picture.rows, self.picture.index + rows))

    def action_page(self, pages: int) -> None:
        self.action_move(pages * self.query_one(Table).page)

    def action_stay(self) -> None:
        """There is one pane to be in."""

    def action_mark(self) -> None:
        if (chosen := self.picture.current) is not None:
            self.choose(self.view.toggled(chosen.id))

    def action_order(self) -> None:
        self.choose(self.view.in_next_order())

    def action_fold(self) -> None:
        """The cursor goes from a run that is shown no more to its experiment."""
        view = self.view.pointing(self.picture.rows, self.picture.index)
        self.choose(view.folded(self.picture.current) if view.unfolded else dataclasses.replace(view, unfolded=True))

    def action_all(self) -> None:
        emptied: dict[str, Any] = {"wanted": ""} if self.view.wanted else {"marked": ()}
        self.choose(dataclasses.replace(self.view, **emptied))

    def action_filter(self) -> None:
        self.ask(FILTER, self.view.wanted)

    def on_descendant_focus(self) -> None:
        """Other keys are in force now."""
        self.draw()

    def on_input_changed(self, event: Input.Changed) -> None:
        """A filter is in force as it is typed."""
        if self.typing == FILTER:
            self.typed(FILTER, event.value)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        if label := self._close():
            self.typed(label, event.value)

    def on_entry_given_up(self) -> None:
        if self._close() == FILTER:
            self.typed(FILTER, "")

    def _close(self) -> str | None:
        """The entry goes; what it was for."""
        label, self.typing = self.typing, None
        self.query_one("#entry").display = False
        self.query_one(Table).focus()
        self.draw()
        return label
