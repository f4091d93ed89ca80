"""What both programs on the terminal share: its driver and colours, its loss, Textual's palette at our pace."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable
from typing import TypeVar

from textual.app import App
from textual.binding import ActiveBinding
from textual.command import CommandPalette

from mlperf_tui.errors import MlperfTuiError
from mlperf_tui.session.status import ENDED
from mlperf_tui.viewer import glyphs, terminal
from mlperf_tui.viewer.driver import SurvivingDriver

LOOK_FOR_TERMINAL_S = 1.0
Result = TypeVar("Result")
T = TypeVar("T")


def copied(what: str) -> str:
    """What is said of a copy: by OSC 52 nobody answers whether the terminal took it, and tmux keeps it unless told."""
    how = "tmux: set -g set-clipboard on" if os.environ.get("TMUX") else "OSC 52"
    return f"{what} copied as Markdown, if the terminal allows it ({how})"


def cannot_stop(word: str) -> str:
    """Why what is in this state can't be stopped from here."""
    if word == "stopping":
        return "it is stopping already"
    return f"nothing to stop: it has ended ({word})" if word in ENDED else f"nothing to stop here ({word})"


class Shell(App[Result]):
    """An app that leaves quietly when its terminal is gone. ASCII where the locale isn't UTF-8."""

    def __init__(self, *, ascii_only: bool | None = None) -> None:
        super().__init__(SurvivingDriver, ansi_color=True)
        self.theme = "ansi-dark"
        self.ascii_only = not glyphs.utf8() if ascii_only is None else ascii_only

    def on_mount(self) -> None:
        self.set_class(self.ascii_only, "-plain")
        if not self.is_headless:
            asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, self.lost)
            self.set_interval(LOOK_FOR_TERMINAL_S, self._look_for_terminal)

    def on_resize(self) -> None:
        """The terminal's size, not a screen's: one that shrank and grew again has lost what it showed."""
        if isinstance(self._driver, SurvivingDriver):
            self._driver.cells.forget()

    def lost(self) -> None:
        """The terminal is gone: leave."""
        raise NotImplementedError

    def action_command_palette(self) -> None:
        """Over whatever is on the screen, once."""
        from mlperf_tui.viewer.screens.palette import Palette  # noqa: PLC0415  not for the first picture

        if not isinstance(self.screen, CommandPalette):
            self.push_screen(Palette(id="--command-palette"))

    def _acting(self, found: ActiveBinding) -> Callable[[], Awaitable[object]]:
        """What the palette calls: as if the key had been pressed."""
        return lambda: self.run_action(found.binding.action, found.node)

    def _do(self, what: Callable[[], T], then: Callable[[T], object] = lambda _: None) -> None:
        """Something that may take a while, on a thread; what goes wrong is said in its one sentence."""

        def work() -> None:
            try:
                self.call_from_thread(then, what())
            except (MlperfTuiError, OSError) as error:
                self.call_from_thread(self.notify, str(error), severity="error", markup=False)

        self.run_worker(work, thread=True)

    def _look_for_terminal(self) -> None:
        if terminal.gone():
            self.lost()
        elif isinstance(self._driver, SurvivingDriver):
            self._driver.check_size(self.size)
