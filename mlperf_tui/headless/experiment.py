"""An experiment without a screen: a line for each thing that it does, and one for each look at what it knows."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator
from types import FrameType

from mlperf_tui import launch
from mlperf_tui.errors import MlperfTuiError
from mlperf_tui.records import Alarm, Record, Stage
from mlperf_tui.report.ab.build import build
from mlperf_tui.report.numbers import duration
from mlperf_tui.session.experiments import ExperimentFolder
from mlperf_tui.session.log import Tail
from mlperf_tui.session.status import status

LOOK_EVERY_S = 0.5


def follow(folder: ExperimentFolder, say: Callable[[str], None], *, stop_on_signals: bool = False) -> None:
    """Say what is done until it has ended.

    With `stop_on_signals`, INT and TERM stop the experiment; else INT only ends the watching. A hang-up stops nothing.
    """
    if stop_on_signals:
        _stop_on_signals(folder, say)
    new, said_pairs = _News(folder), 0
    live = True
    while live:
        live = status(folder).live
        for line in new.lines():
            say(line)
        said_pairs = _say_pairs(folder, said_pairs, say) if new.begun else said_pairs
        if live:
            time.sleep(LOOK_EVERY_S)


class _News:
    """What the runners have written since the last time, as lines."""

    def __init__(self, folder: ExperimentFolder) -> None:
        self._folder = folder
        self._tails: dict[str, Tail] = {}
        self._t0: int | None = None
        self.begun = False

    def lines(self) -> Iterator[str]:
        self.begun = False
        for path in self._folder.readings():
            tail = self._tails.setdefault(path.name, Tail(path))
            for record in tail.read():
                yield from self._line(record)

    def _line(self, record: Record) -> Iterator[str]:
        t = getattr(record, "t", 0)
        self._t0 = self._t0 or t
        elapsed = duration((t - self._t0) / 1e9)
        if isinstance(record, Stage):
            self.begun = self.begun or record.text.startswith("starting")
            yield f"{elapsed}  pair {record.pair}: {record.text}"
        if isinstance(record, Alarm):
            yield f"{elapsed}  alarm: {record.text}"


def _say_pairs(folder: ExperimentFolder, said: int, say: Callable[[str], None]) -> int:
    """How many whole pairs have been told of, this one included."""
    result = build(folder)
    if result.pairs <= said:
        return said
    for comparison in result.comparisons:
        say(f"after {result.pairs} pair{'' if result.pairs == 1 else 's'}: {comparison.sentence}")
    return result.pairs


def _stop_on_signals(folder: ExperimentFolder, say: Callable[[str], None]) -> None:
    def ask(number: int, _: FrameType | None) -> None:
        say(f"{signal.Signals(number).name}: stopping {folder.id}")
        try:
            launch.stop_experiment(folder)
        except MlperfTuiError as error:
            say(str(error))

    signal.signal(signal.SIGINT, ask)
    signal.signal(signal.SIGTERM, ask)
