"""The main screen: all panes on one page, laid out anew when the terminal's size or the number of GPUs changes."""

from __future__ import annotations

from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.screen import Screen

from mlperf_tui.viewer.layout import Layout, arrange
from mlperf_tui.viewer.panes.events import Events
from mlperf_tui.viewer.panes.footer import Footer
from mlperf_tui.viewer.panes.gpus import Gpus, NoGpu
from mlperf_tui.viewer.panes.header import Header
from mlperf_tui.viewer.panes.host import Host
from mlperf_tui.viewer.panes.notice import Notice, sentences
from mlperf_tui.viewer.panes.output import Output
from mlperf_tui.viewer.panes.pane import Pane
from mlperf_tui.viewer.panes.quality import Quality
from mlperf_tui.viewer.panes.throughput import Throughput
from mlperf_tui.viewer.snapshot import Snapshot


class MainScreen(Screen[None]):
    """Hands each snapshot to the panes; holds the newest one for those that come later."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("tab", "app.focus_next", "next pane", show=False),
        Binding("shift+tab", "app.focus_previous", "pane before", show=False),
    ]

    def __init__(self, *, ascii_only: bool) -> None:
        super().__init__()
        self._ascii = ascii_only
        self._snapshot: Snapshot | None = None
        self._layout_now: Layout | None = None

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
        with Horizontal(id="bottom"):
            yield Output(**given)
            yield Events(**given)
        yield Footer(**given)

    def on_mount(self) -> None:
        self.query_one(Output).focus()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Rows can't be selected, so there is nothing to copy."""
        return False if action == "copy_text" else super().check_action(action, parameters)

    def on_resize(self) -> None:
        self._lay_out()

    def show(self, snapshot: Snapshot) -> None:
        """Draw what has changed since the last one."""
        self._snapshot = snapshot
        self._lay_out()
        for pane in self.query(Pane):
            pane.show(snapshot)

    def _lay_out(self) -> None:
        snapshot = self._snapshot
        if snapshot is None:
            return
        notice = bool(sentences(snapshot))
        wanted = arrange(self.size.width, self.size.height, len(snapshot.gpus), notice=notice)
        self.query_one(Notice).display = notice
        if wanted != self._layout_now:
            self._layout_now = wanted
            self._apply(wanted, gpus=bool(snapshot.gpus))

    def _apply(self, layout: Layout, *, gpus: bool) -> None:
        self.query_one("#top").styles.height = layout.top
        self.query_one(Quality).styles.width = layout.quality_columns
        self.query_one(Gpus).display = gpus
        self.query_one(Gpus).styles.height = layout.gpus
        self.query_one(NoGpu).display = not gpus
        self.query_one(Events).display = bool(layout.events_columns)
        self.query_one(Events).styles.width = layout.events_columns
        self.query_one(Output).events_above = not layout.events_columns
