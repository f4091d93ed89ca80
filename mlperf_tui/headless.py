"""A run without a screen: plain progress lines for a batch system's log."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable
from types import FrameType

from mlperf_tui import launch
from mlperf_tui.analysis.quality import evaluations
from mlperf_tui.analysis.throughput import throughput
from mlperf_tui.errors import MlperfTuiError
from mlperf_tui.records import HostReading, Mark, Record
from mlperf_tui.report.numbers import count, duration
from mlperf_tui.session.folder import Folder
from mlperf_tui.session.follow import Follower, Origin
from mlperf_tui.session.rollup import Fold
from mlperf_tui.session.status import status

LINE_EVERY_S = 10.0
LOOK_EVERY_S = 0.5


class Progress:
    """What has come since the last line, and the line that says it."""

    def __init__(self, unit: str) -> None:
        self._unit = unit
        self._fold = Fold()
        self._t0: int | None = None
        self._t = 0
        self._cores: float | None = None

    def add(self, origin: Origin, record: Record) -> str | None:
        """Take in a record; a mark that a person wants to see at once is a line of its own."""
        self._fold.add(origin, record)
        self._t = max(self._t, getattr(record, "t", 0))
        self._t0 = self._t0 or self._t or None
        if isinstance(record, HostReading):
            self._cores = record.run_cpu_cores
        if isinstance(record, Mark):
            return self._mark(record)
        return None

    def line(self) -> str:
        """The stretch since the last line: elapsed, step, rate, loss, the run's cores."""
        ranks = self._fold.ranks
        rate = throughput(ranks)
        last = max((totals.last_n for totals in ranks.values() if totals.last_n is not None), default=None)
        loss = next((totals.loss for totals in ranks.values() if totals.loss is not None), None)
        self._fold.take({})
        if last is None:
            return f"{self._elapsed()}  no steps reported  {count(self._cores)} CPU cores"
        step = str(last + 1)
        speed = f"{count(rate.samples_per_s)} {self._unit}"
        return f"{self._elapsed()}  step {step}  {speed}  loss {count(loss)}  {count(self._cores)} CPU cores"

    def _mark(self, mark: Mark) -> str | None:
        for name, values in evaluations([mark]).items():
            return f"{self._elapsed()}  {name or mark.key} {count(values[0][1], 4)}"
        return None

    def _elapsed(self) -> str:
        return duration((self._t - (self._t0 or self._t)) / 1e9)


def follow(folder: Folder, say: Callable[[str], None], *, stop_on_signals: bool = False) -> None:
    """Say how the session goes until it has ended.

    With `stop_on_signals`, INT and TERM stop the run, as a batch system expects; else they only end the watching. A
    hang-up always leaves the run going.
    """
    if stop_on_signals:
        _stop_on_signals(folder, say)
    progress = Progress(folder.plan().unit)
    follower = Follower(folder)
    due = time.monotonic() + LINE_EVERY_S
    live = True
    while live:
        live = status(folder).live
        for origin, record in follower.read():
            told = progress.add(origin, record)
            if told is not None:
                say(told)
        if time.monotonic() >= due:
            due += LINE_EVERY_S
            say(progress.line())
        time.sleep(LOOK_EVERY_S if live else 0)


def _stop_on_signals(folder: Folder, say: Callable[[str], None]) -> None:
    def ask(number: int, _: FrameType | None) -> None:
        say(f"{signal.Signals(number).name}: stopping {folder.id}")
        try:
            launch.stop(folder)
        except MlperfTuiError as error:
            say(str(error))

    signal.signal(signal.SIGINT, ask)
    signal.signal(signal.SIGTERM, ask)
