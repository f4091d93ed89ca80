"""One line of input at the bottom of the screen, for a filter: Enter takes it, Esc leaves all as it was."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.widgets import Input, Static

from mlperf_tui.viewer.screens.line import Line
from mlperf_tui.viewer.screens.paced import PacedModalScreen

Refuse = Callable[[str], str | None]


class AskScreen(PacedModalScreen[str | None]):
    """Answers the text, None for Esc. What `refuse` gives a reason against is asked again, with that reason.

    `hint` stands where nothing is typed.
    """

    DEFAULT_CSS = """
    AskScreen { align: left bottom; }
    AskScreen Horizontal { height: 1; background: ansi_default; color: ansi_default; }
    AskScreen Static { width: auto; max-width: 75%; padding: 0 1; background: ansi_default; color: ansi_default; }
    AskScreen Input { width: 1fr; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss", "leave it as it was")]

    def __init__(self, prompt: str, text: str = "", hint: str = "", refuse: Refuse = lambda _: None) -> None:
        super().__init__()
        self._prompt = prompt
        self._hint = hint
        self._text = text
        self._refuse = refuse

    def compose(self) -> ComposeResult:
        with Horizontal():
            yield Static(self._prompt, markup=False)
            yield Line(self._text, self._hint, compact=True)

    def on_mount(self) -> None:
        self.query_one(Input).cursor_blink = False

    @on(Input.Changed)
    def ask_again(self) -> None:
        self.query_one(Static).update(self._prompt)

    @on(Input.Submitted)
    def take(self, event: Input.Submitted) -> None:
        if reason := self._refuse(event.value):
            self.query_one(Static).update(f"! {reason}:")
        else:
            self.dismiss(event.value)
