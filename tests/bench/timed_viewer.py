"""The viewer with a log of when keys were handled, bytes sent, answers taken in: SESSION LOG ours|stock."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any, ClassVar, TextIO

from textual import events
from textual.drivers.linux_driver import LinuxDriver
from textual.message import Message

from mlperf_tui import cli
from mlperf_tui.viewer import app as viewer_app
from mlperf_tui.viewer.driver import SurvivingDriver


class Log:
    """Lines of `WORD SECONDS NUMBER-OR-NAME`, the seconds monotonic."""

    file: TextIO
    total_bytes = 0

    @classmethod
    def say(cls, word: str, what: object) -> None:
        cls.file.write(f"{word} {time.monotonic():.4f} {what}\n")

    @classmethod
    def sent(cls, data: str) -> None:
        cls.total_bytes += len(data.encode())
        cls.say("sent", cls.total_bytes)


class StockDriver(LinuxDriver):
    """Textual's own, with a log."""

    def write(self, data: str) -> None:
        super().write(data)
        Log.sent(data)


class OurDriver(SurvivingDriver):
    """Ours, with a log."""

    def _put(self, data: str) -> int:
        size = super()._put(data)
        Log.sent(data)
        return size

    def process_message(self, message: Message) -> None:
        super().process_message(message)
        if isinstance(message, events.CursorPosition):
            Log.say("told", Log.total_bytes)


class TimedApp(viewer_app.ViewerApp):
    """Says when an action begins and when it has been run."""

    driver: ClassVar[type[LinuxDriver]]
    CSS_PATH: ClassVar[str] = str(Path(viewer_app.__file__).with_name("app.tcss"))

    def __init__(self, *arguments: Any, **names: Any) -> None:
        super().__init__(*arguments, **names)
        self.driver_class = self.driver

    async def run_action(self, action: Any, *more: Any, **names: Any) -> bool:
        """Textual calls this for each key that is bound."""
        Log.say("begun", action)
        done = await super().run_action(action, *more, **names)
        Log.say("handled", action)
        return done


def main(session: str, log: str, which: str) -> None:
    """`mlperf-tui watch SESSION`, with the log."""
    Log.file = Path(log).open("w", buffering=1)  # noqa: SIM115  open until the process ends
    TimedApp.driver = OurDriver if which == "ours" else StockDriver
    vars(viewer_app).update(ViewerApp=TimedApp)
    cli.cli(["watch", session])


if __name__ == "__main__":
    main(*sys.argv[1:])
