"""The line in which a filter or a name is typed: there only while something is typed."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.message import Message

from mlperf_tui.viewer.screens.line import Line


class Entry(Line):
    """Enter keeps what was typed, escape does not."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "submit", "keep", key_display="enter"),
        Binding("escape", "give_up", "never mind"),
    ]

    class GivenUp(Message):
        """Nothing of what was typed is wanted."""

    def action_give_up(self) -> None:
        self.post_message(self.GivenUp())
