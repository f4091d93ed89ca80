"""An experiment without a screen: a line for each thing that it does, and one for each look at what it knows."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator
from pathlib import Path

from mlperf_tui import launch
from mlperf_tui.headless.signals import when_signalled
from mlperf_tui.records import Alarm, Record, Stage
from mlperf_tui.report.ab.build import build
from mlperf_tui.report.ab.read import Reader
from mlperf_tui.report.numbers import duration
from mlperf_tui.session.experiments import ExperimentFolder
from mlperf_tui.session.log import Tail
from mlperf_tui.session.status import status

LOOK_EVERY_S = 0.5
STARTING = "starting"


def follow(
    folder: ExperimentFolder,
    say: Callable[[str], None],
    *,
    stop_on_signals: bool = False,
    told_before: Collection[Path] = (),
) -> None:
    """Say what is done until it has ended; what stands in the logs `told_before` is history.

    With `stop_on_signals`, INT and TERM stop the experiment; else INT only ends the watching. A hang-up stops nothing.
    """
    if stop_on_signals:
        when_signalled(folder.id, lambda: launch.stop_experiment(folder), say)
    new, reader, said_pairs = News(folder, told_before), Reader(), 0
    live = True
    while live:
        live = status(folder).live
        for line in new.lines(last=not live):
            say(line)
        said_pairs = _say_pairs(folder, reader, said_pairs, say) if new.goes_on else said_pairs
        if live:
            time.sleep(LOOK_EVERY_S)


class News:
    """What the runners have written since the last time, as lines: one for all the runs of a pair that start together.

    `goes_on` says that another pair was begun meanwhile, so that the one before may be whole by now.
    """

    def __init__(self, folder: ExperimentFolder, told_before: Collection[Path] = ()) -> None:
        self._folder, self._told_before = folder, frozenset(told_before)
        self._tails: dict[str, Tail] = {}
        self._t0: int | None = None
        self._starting: list[Stage] = []
        self.goes_on = False

    def lines(self, *, last: bool = False) -> Iterator[str]:
        """Runs that start are told once something else is, or nothing more: others may start at once with them."""
        self.goes_on = False
        new = False
        for path in self._folder.readings():
            if path in self._told_before:
                continue
            for record in self._tails.setdefault(path.name, Tail(path)).read():
                new = True
                yield from self._line(record)
        if last or not new:
            yield from self._started()

    def _line(self, record: Record) -> Iterator[str]:
        self._t0 = getattr(record, "t", None) if self._t0 is None else self._t0
        self.goes_on |= isinstance(record, Stage) and record.text.startswith((STARTING, "warming up"))
        if isinstance(record, Stage) and record.text.startswith(STARTING):
            yield from self._starts(record)
            return
        yield from self._started()
        if isinstance(record, Stage):
            yield self._told(record, f"pair {record.pair}: {record.text}")
        if isinstance(record, Alarm):
            yield self._told(record, f"alarm: {record.text}")

    def _starts(self, stage: Stage) -> Iterator[str]:
        """One that names no run only repeats what its runs have said."""
        if self._starting and stage.pair != self._starting[0].pair:
            yield from self._started()
        if stage.session is not None:
            self._starting.append(stage)

    def _started(self) -> Iterator[str]:
        if self._starting:
            first = self._starting[0]
            arms = " and ".join(str(stage.arm) for stage in self._starting)
            yield self._told(first, f"pair {first.pair}: {STARTING} {arms}")
        self._starting = []

    def _told(self, record: Stage | Alarm, text: str) -> str:
        return f"{duration((record.t - (self._t0 or 0)) / 1e9)}  {text}"


def _say_pairs(folder: ExperimentFolder, reader: Reader, said: int, say: Callable[[str], None]) -> int:
    """How many whole pairs have been told of, this one included."""
    result = build(folder, reader)
    if result.pairs <= said:
        return said
    for comparison in result.comparisons:
        say(f"after {result.pairs} pair{'' if result.pairs == 1 else 's'}: {comparison.sentence}")
    return result.pairs
