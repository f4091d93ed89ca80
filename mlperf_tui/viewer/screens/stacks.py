"""The newest dump of stacks, over the main screen; it fills itself once the dump has been made."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from mlperf_tui.viewer.panes.footer import Footer
from mlperf_tui.viewer.panes.stacks import Stacks
from mlperf_tui.viewer.screens.paced import PacedModalScreen
from mlperf_tui.viewer.snapshot import Snapshot


class StacksScreen(PacedModalScreen[None]):
    """Takes snapshots as the main screen does, until it is closed."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss", "close", key_display="esc, q"),
        Binding("q,enter", "dismiss", "close", show=False),
    ]

    def __init__(self, asked_t: int, snapshot: Snapshot | None, *, ascii_only: bool) -> None:
        super().__init__()
        self._pane = Stacks(ascii_only=ascii_only)
        self._pane.asked_t = asked_t
        self._footer = Footer(ascii_only=ascii_only)
        self._first = snapshot

    def compose(self) -> ComposeResult:
        yield self._pane
        yield self._footer

    def on_mount(self) -> None:
        self._pane.focus()
        if self._first is not None:
            self.show(self._first)

    def show(self, snapshot: Snapshot) -> None:
        """Draw what this snapshot knows of the dump."""
        self._pane.show(snapshot)
        self._footer.show(snapshot)
