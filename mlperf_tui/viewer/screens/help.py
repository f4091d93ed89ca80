"""All keys, made from the bindings that are in force: a key that works is on this screen, by construction."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.widgets import Static

from mlperf_tui.report.wrap import wrap
from mlperf_tui.viewer import glyphs
from mlperf_tui.viewer.screens.paced import PacedModalScreen

NOTES = (
    "Leaving never stops the run: `mlperf-tui watch` comes back to it.",
    "A dash means unknown. A dot before a GPU: this run does not use it.",
)
KEY_COLUMNS = 18
LEAST = 20
"""Columns of text: a narrower screen cuts it rather than to have a word a line."""

AROUND = 8
"""Columns of the border, of the space within it, and of the scroll bar."""


class HelpScreen(PacedModalScreen[None]):
    """Comes up over the main screen, any of its keys closes it."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,question_mark,q,enter", "dismiss", "close")]

    def __init__(self, lines: list[str], notes: Sequence[str] = NOTES) -> None:
        super().__init__()
        self._lines = ["Keys", "", *lines, "", *notes, "", "esc closes this"]

    def compose(self) -> ComposeResult:
        with VerticalScroll(id="help"):
            width = max(LEAST, self.app.size.width - AROUND)
            text = "\n".join(part for line in self._lines for part in wrap(line, width, KEY_COLUMNS + 1))
            yield Static(glyphs.plain(text) if self.app.has_class("-plain") else text, markup=False)


def key_lines(bindings: Iterable[tuple[str, Binding]]) -> list[str]:
    """A line an action: its keys, as they are shown, and what it does.

    What has no words at all isn't told: Textual keeps a few such for itself.
    """
    keys: dict[str, list[str]] = {}
    for key, binding in bindings:
        said = binding.tooltip or binding.description
        if said and key not in keys.setdefault(said, []):
            keys[said].append(key)
    return [f"{', '.join(names).ljust(KEY_COLUMNS)} {said}" for said, names in keys.items()]
