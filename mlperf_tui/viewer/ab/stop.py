"""The one question before an experiment is stopped."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import Static

from mlperf_tui.records import Experiment
from mlperf_tui.viewer.screens.paced import PacedModalScreen


class StopExperiment(PacedModalScreen[bool]):
    """Answers True for yes. Anything that isn't a clear yes is a no."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "answer(True)", "yes"),
        Binding("n,escape,q", "answer(False)", "no"),
    ]

    def __init__(self, plan: Experiment) -> None:
        super().__init__()
        self._plan = plan

    def compose(self) -> ComposeResult:
        text = (
            f"Stop {self._plan.id}?\n\n"
            "The pair that runs is broken off and counts nowhere;\n"
            f"its processes end, after {self._plan.grace_s:g} s by force. Whole pairs stay:\n"
            "`mlperf-tui ab --continue` goes on from them.\n\n"
            "y  stop it      n  let it go on"
        )
        with Vertical(id="question"):
            yield Static(text, markup=False)

    def action_answer(self, yes: bool) -> None:
        self.dismiss(yes)
