"""The one question before a run is stopped."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import Static

from mlperf_tui.viewer.screens.paced import PacedModalScreen


class StopScreen(PacedModalScreen[bool]):
    """Answers True for yes. Anything that isn't a clear yes is a no."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "answer(True)", "yes"),
        Binding("n,escape,q", "answer(False)", "no"),
    ]

    def __init__(self, run: str, grace_s: float) -> None:
        super().__init__()
        self._run = run
        self._grace_s = grace_s

    def compose(self) -> ComposeResult:
        text = (
            f"Stop {self._run}?\n\n"
            "It ends its step and writes run_stop; then all its processes end,\n"
            f"after {self._grace_s:g} s by force. What is recorded stays.\n\n"
            "y  stop it      n  let it run"
        )
        with Vertical(id="question"):
            yield Static(text, markup=False)

    def action_answer(self, yes: bool) -> None:
        self.dismiss(yes)
