"""The main screen: all panes on one page, laid out anew when the terminal's size or the number of GPUs changes."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.widget import Widget

from mlperf_tui.viewer.layout import Layout, arrange
from mlperf_tui.viewer.output_reader import OutputReader
from mlperf_tui.viewer.panes.events import Events
from mlperf_tui.viewer.panes.footer import Footer
from mlperf_tui.viewer.panes.gpus import Gpus, NoGpu
from mlperf_tui.viewer.panes.header import Header
from mlperf_tui.viewer.panes.host import Host
from mlperf_tui.viewer.panes.links import Links, LinksLine
from mlperf_tui.viewer.panes.notice import Notice, sentences
from mlperf_tui.viewer.panes.output import Output
from mlperf_tui.viewer.panes.pane import Enlarge, Pane, ScrollPane
from mlperf_tui.viewer.panes.quality import Quality
from mlperf_tui.viewer.panes.threads import Threads
from mlperf_tui.viewer.panes.throughput import Throughput
from mlperf_tui.viewer.screens.paced import PacedScreen
from mlperf_tui.viewer.snapshot import Snapshot

ALWAYS = (Header, Host, Notice, Footer)


class MainScreen(PacedScreen[None]):
    """Hands each snapshot to the panes; holds the newest one for those that come later."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("tab", "app.focus_next", "next pane", show=False),
        Binding("shift+tab", "app.focus_previous", "pane before", show=False),
        Binding("escape", "all_panes", "all panes", tooltip="back from an enlarged pane", show=False),
    ]

    def __init__(self, *, ascii_only: bool, output: Path | None = None) -> None:
        super().__init__()
        self._ascii = ascii_only
        self._output = output
        self._snapshot: Snapshot | None = None
        self._layout_now: tuple[Layout, Pane | None] | None = None
        self._threads = 0
        """The most that there ever were: panes don't move each time that one falls asleep."""
        self._enlarged: Pane | None = None
        self._without_place: Widget | None = None

    def compose(self) -> ComposeResult:
        given: dict[str, Any] = {"ascii_only": self._ascii}
        yield Header(**given)
        yield Host(**given)
        yield Notice(**given)
        with Horizontal(id="top"):
            yield Throughput(**given)
            yield Quality(**given)
        yield Gpus(**given)
        yield NoGpu(**given)
        yield LinksLine(**given)
        with Horizontal(id="middle"):
            yield Links(**given)
            yield Threads(**given)
        with Horizontal(id="bottom"):
            yield Output(**given, reader=OutputReader(self._output) if self._output else None)
            yield Events(**given)
        yield Footer(**given)

    def on_mount(self) -> None:
        self.query_one(Output).focus()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Rows can't be selected, so there is nothing to copy; and only an enlarged pane can be left."""
        if action == "all_panes":
            return True if self._enlarged is not None else None
        return False if action == "copy_text" else super().check_action(action, parameters)

    def on_resize(self) -> None:
        self._lay_out()

    def on_enlarge(self, message: Enlarge) -> None:
        """The pane gets the screen, or gives it back."""
        self._enlarge(None if self._enlarged is message.pane else message.pane)

    def action_all_panes(self) -> None:
        self._enlarge(None)

    def show(self, snapshot: Snapshot) -> None:
        """Draw what has changed since the last one; of the first one all, in one frame, and at once."""
        is_first = self._snapshot is None
        self._snapshot = snapshot
        self._lay_out()
        if is_first:
            self._refresh_layout()  # so that each pane knows its place when it draws
        for pane in self.query(Pane):
            if pane.display:
                pane.show(snapshot)
        if is_first:
            self._compositor_refresh()

    def _compositor_refresh(self) -> None:
        """A frame without numbers says nothing, and the first one with some would wait until it has arrived."""
        shows = self._snapshot is not None and self.query_one(Header).says_something
        if shows or self._driver_if_paced() is None:
            super()._compositor_refresh()

    def _enlarge(self, pane: Pane | None) -> None:
        for one in filter(None, (self._enlarged, pane)):
            one.enlarged = one is pane
            if isinstance(one, ScrollPane):
                one.offset_rows = 0
        self._enlarged = pane
        self.refresh_bindings()
        if self._snapshot is not None:
            self.show(self._snapshot)

    def _lay_out(self) -> None:
        snapshot = self._snapshot
        if snapshot is None:
            return
        notice = bool(sentences(snapshot))
        links = len(snapshot.links.gpus)
        self._threads = max(self._threads, len(snapshot.threads.threads))
        wanted = arrange(self.size.width, self.size.height, len(snapshot.gpus), links, self._threads, notice=notice)
        self.query_one(Notice).display = notice
        if (wanted, self._enlarged) != self._layout_now:
            self._layout_now = (wanted, self._enlarged)
            self._apply(wanted, gpus=bool(snapshot.gpus))
            self._keep_focus()

    def _keep_focus(self) -> None:
        """A pane that had the focus and lost it with its place gets it back with its place."""
        if self._without_place is None:
            self._without_place = self.focused
        if self._without_place is not None and _has_place(self._without_place):
            self.set_focus(self._without_place)
            self._without_place = None

    def _reset_focus(self, widget: Widget, avoiding: list[Widget] | None = None) -> None:
        """A pane hears late that it lost its place; where it has it again by then, it keeps the focus."""
        if not _has_place(widget):
            super()._reset_focus(widget, avoiding)

    def _apply(self, layout: Layout, *, gpus: bool) -> None:
        for row, lines in (("#top", layout.top), ("#middle", layout.middle), ("#bottom", layout.bottom)):
            _place(self.query_one(row), lines)
        _place(self.query_one("#middle"), layout.middle - layout.links_line)
        _place(self.query_one(Gpus), layout.gpus if gpus else 0)
        _place(self.query_one(NoGpu), not gpus)
        _place(self.query_one(LinksLine), layout.links_line)
        columns = {Quality: layout.quality_columns, Links: layout.links_columns, Events: layout.events_columns}
        for pane in (Throughput, Threads, Output):
            self.query_one(pane).display = True
        for beside, width in columns.items():
            self.query_one(beside).display = bool(width)
            self.query_one(beside).styles.width = width or 1
        self.query_one(Output).events_above = not layout.events_columns
        if self._enlarged is not None:
            self._give_all_to(self._enlarged)

    def _give_all_to(self, pane: Pane) -> None:
        """Only the single lines stay beside it; `_apply` puts all back."""
        row = pane.parent
        for widget in self.children:
            widget.display = widget.display and (isinstance(widget, ALWAYS) or widget is row)
        for beside in pane.siblings if row is not self else ():
            beside.display = False
        pane.display = True
        pane.styles.width = "1fr"
        for tall in (pane, row):
            if isinstance(tall, Widget) and tall is not self:
                tall.display = True
                tall.styles.height = "1fr"


def _has_place(widget: Widget) -> bool:
    return all(node.display for node in widget.ancestors_with_self if isinstance(node, Widget))


def _place(widget: Widget, lines: int) -> None:
    """Give it so many lines; with none it isn't there."""
    widget.display = lines > 0
    widget.styles.height = lines
