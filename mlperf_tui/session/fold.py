"""Records folded into what they add up to: a minute, an hour or a whole session alike."""

from __future__ import annotations

from typing import TypeGuard

from mlperf_tui.records import (
    Clock,
    FrameReading,
    GpuReading,
    HostReading,
    Late,
    LinkReading,
    Mark,
    Minute,
    Record,
    StackReading,
    Step,
    ThreadInfo,
    ThreadReading,
    decode,
    encode,
)
from mlperf_tui.session.follow import Origin
from mlperf_tui.session.said import Said
from mlperf_tui.session.series import MONITOR, Spread, Spreads, Stored, series
from mlperf_tui.session.threads import ThreadFold, ThreadTotals
from mlperf_tui.session.totals import RankFold, RankTotals
from mlperf_tui.session.training import OPEN, TRAINING, TrainingSpreads

NOT_SAID = (StackReading, Clock, Minute)


class Fold:
    """Folds records, in order of time, into what they add up to. Taken each minute, or once over a whole session.

    Readings count while the run lasts: from `run_start` to `run_stop` where a program marks them, else always. Those
    that evidence rests on count a second time, as `training.…`, where they fall into steps after the first.
    """

    def __init__(self) -> None:
        self.t0: int | None = None
        self.t1 = 0
        self._said = Said()
        self._ranks: dict[int, RankFold] = {}
        self._spreads = Spreads()
        self._training = TrainingSpreads()
        self._threads = ThreadFold()
        self._stopped = False

    @property
    def said(self) -> list[Record]:
        """The records that are rare."""
        return self._said.records()

    @property
    def ranks(self) -> dict[int, RankTotals]:
        """Step totals by rank."""
        return {rank: fold.totals for rank, fold in sorted(self._ranks.items())}

    @property
    def series(self) -> dict[str, tuple[Spread | None, ...]]:
        """Each series' min, mean, max and count, by GPU."""
        return {**self._spreads.result(), **self._training.result()}

    @property
    def threads(self) -> dict[str, ThreadTotals]:
        """CPU time and functions by thread name, the busiest first."""
        return self._threads.totals()

    def add(self, origin: Origin, record: Record) -> None:
        """Take in one record."""
        self._see_time(getattr(record, "t", 0))
        match record:
            case Step():
                self._step(origin.rank or 0, record)
            case Late():
                self._rank(origin.rank or 0).late(record)
            case GpuReading() | LinkReading() | HostReading():
                self._reading(record)
            case ThreadInfo() | ThreadReading() | FrameReading():
                self._thread(record)
            case _ if not isinstance(record, NOT_SAID):
                self._say(record)

    def merge(self, minute: Minute) -> None:
        """Take in a whole minute, as if its records had come."""
        self._see_time(minute.t0)
        self._see_time(minute.t1)
        records = [record for line in minute.said if (record := decode(line)) is not None]
        counts = not self._stopped or any(_starts(record) for record in records)
        for record in records:
            self._say(record)
        self._merge_series(minute.series if counts else {name: minute.series.get(name, ()) for name in MONITOR})
        self._threads.merge(minute.threads if counts else {})
        self._threads.begin_after(minute.t1)
        for rank, body in minute.ranks.items():
            self._rank(int(rank)).begin_with(RankTotals.from_json(body))

    def take(self, offsets: dict[str, int]) -> Minute:
        """The stretch so far as a Minute, and a new start for the next one."""
        minute = self.minute(offsets)
        self.clear()
        return minute

    def minute(self, offsets: dict[str, int]) -> Minute:
        """The stretch so far, whose end lies at these offsets of the raw files."""
        plain = self._spreads.result()
        return Minute(
            t0=self.t0 or 0,
            t1=self.t1,
            offsets=offsets,
            series={**plain, **self._training.stored(plain)},
            ranks={str(rank): totals.to_json() for rank, totals in self.ranks.items()},
            said=tuple(encode(record) for record in self.said),
            threads=self._threads.to_json(),
        )

    def clear(self) -> None:
        """Begin the next stretch."""
        self._said, self._spreads, self.t0 = Said(), Spreads(), None
        self._training.clear()
        self._threads.forget()
        for rank in self._ranks.values():
            rank.clear()

    def _rank(self, rank: int) -> RankFold:
        if rank not in self._ranks:
            self._ranks[rank] = RankFold()
        return self._ranks[rank]

    def _step(self, rank: int, step: Step) -> None:
        self._rank(rank).step(step)
        if rank == min(self._ranks):
            self._training.step(step)

    def _reading(self, record: GpuReading | LinkReading | HostReading) -> None:
        found = {name: values for name, values in series(record) if not self._stopped or name in MONITOR}
        for name, values in found.items():
            self._spreads.add(name, values)
        if self._ranks:
            self._training.add(record.t, found)

    def _merge_series(self, stored: Stored) -> None:
        self._spreads.merge({name: cells for name, cells in stored.items() if not name.startswith((TRAINING, OPEN))})
        self._training.merge(stored)

    def _thread(self, record: ThreadInfo | ThreadReading | FrameReading) -> None:
        if isinstance(record, ThreadInfo):
            self._threads.name(record)
            self._training.name(record)
        elif isinstance(record, ThreadReading):
            self._threads.read(record, counts=not self._stopped)
            if self._ranks and not self._stopped:
                self._training.threads(record)
        elif not self._stopped:
            self._threads.see(record)

    def _say(self, record: Record) -> None:
        self._said.add(record)
        if _starts(record):
            self._spreads.forget_the_run()
            self._training.forget()
            self._threads.forget()
            self._threads.begin_after(record.t)
            self._stopped = False
        elif isinstance(record, Mark) and record.key == "run_stop":
            self._stopped = True

    def _see_time(self, t: int) -> None:
        if t:
            self.t0 = t if self.t0 is None else self.t0
            self.t1 = max(self.t1, t)


def _starts(record: Record) -> TypeGuard[Mark]:
    return isinstance(record, Mark) and record.key == "run_start"
