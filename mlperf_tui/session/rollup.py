"""Rollups: a session folded minute by minute, so that opening a long one reads its minutes and not its lines."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

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
from mlperf_tui.session.folder import Folder
from mlperf_tui.session.follow import Follower, Origin
from mlperf_tui.session.log import Log, Tail
from mlperf_tui.session.series import MONITOR, Spread, Spreads, series
from mlperf_tui.session.totals import RankFold, RankTotals

MINUTE_NS = 60_000_000_000
MARKS_OF_A_KEY = 60
"""How many marks of one key a minute keeps: some programs print one each step."""

OFTEN = (ThreadInfo, ThreadReading, FrameReading, StackReading, Clock, Minute)


class Fold:
    """Folds records, in order of time, into what they add up to. Taken each minute, or once over a whole session.

    Readings count while the run lasts: from `run_start` to `run_stop` where a program marks them, else always.
    """

    def __init__(self) -> None:
        self.said: list[Record] = []
        self.t0: int | None = None
        self.t1 = 0
        self._ranks: dict[int, RankFold] = {}
        self._spreads = Spreads()
        self._keys: Counter[str] = Counter()
        self._stopped = False

    @property
    def ranks(self) -> dict[int, RankTotals]:
        """Step totals by rank."""
        return {rank: fold.totals for rank, fold in sorted(self._ranks.items())}

    @property
    def series(self) -> dict[str, tuple[Spread | None, ...]]:
        """Each series' min, mean, max and count, by GPU."""
        return self._spreads.result()

    def add(self, origin: Origin, record: Record) -> None:
        """Take in one record."""
        self._see_time(getattr(record, "t", 0))
        if isinstance(record, Step):
            self._rank(origin.rank or 0).step(record)
        elif isinstance(record, Late):
            self._rank(origin.rank or 0).late(record)
        elif isinstance(record, GpuReading | LinkReading | HostReading):
            self._reading(record)
        elif not isinstance(record, OFTEN):
            self._say(record)

    def merge(self, minute: Minute) -> None:
        """Take in a whole minute, as if its records had come."""
        self._see_time(minute.t0)
        self._see_time(minute.t1)
        stopped = self._stopped
        for line in minute.said:
            if (record := decode(line)) is not None:
                self._say(record)
        counted = {name: cells for name, cells in minute.series.items() if not stopped or name in MONITOR}
        self._spreads.merge(counted)
        for rank, body in minute.ranks.items():
            self._rank(int(rank)).begin_with(RankTotals.from_json(body))

    def take(self, offsets: dict[str, int]) -> Minute:
        """The stretch so far as a Minute, and a new start for the next one."""
        minute = Minute(
            t0=self.t0 or 0,
            t1=self.t1,
            offsets=offsets,
            series=self.series,
            ranks={str(rank): fold.take().to_json() for rank, fold in self._ranks.items()},
            said=tuple(encode(record) for record in self.said),
        )
        self.said, self._spreads, self._keys, self.t0 = [], Spreads(), Counter(), None
        return minute

    def _rank(self, rank: int) -> RankFold:
        if rank not in self._ranks:
            self._ranks[rank] = RankFold()
        return self._ranks[rank]

    def _reading(self, record: GpuReading | LinkReading | HostReading) -> None:
        for name, values in series(record):
            if not self._stopped or name in MONITOR:
                self._spreads.add(name, values)

    def _say(self, record: Record) -> None:
        if isinstance(record, Mark):
            self._keys[record.key] += 1
            if self._keys[record.key] > MARKS_OF_A_KEY:
                return
            if record.key == "run_start":
                self._spreads.forget_the_run()
                self._stopped = False
            self._stopped = self._stopped or record.key == "run_stop"
        self.said.append(record)

    def _see_time(self, t: int) -> None:
        if t:
            self.t0 = t if self.t0 is None else self.t0
            self.t1 = max(self.t1, t)


class Roller:
    """Writes a Minute each time one is over. The recorder drives it; it reads the session as any reader does."""

    def __init__(self, folder: Folder, host: str) -> None:
        self._folder = folder
        done = minutes(folder)
        self._follower = Follower(folder, done[-1].offsets if done else None)
        self._log = Log(folder.rollup(host))
        self._fold = Fold()

    def roll(self) -> None:
        """Take in what is new, and write it in stretches of a minute at most."""
        for origin, record in self._follower.read():
            if self._fold.t0 is not None and getattr(record, "t", 0) - self._fold.t0 >= MINUTE_NS:
                self._write()
            self._fold.add(origin, record)
        if self._fold.t0 is not None:
            self._write()

    def _write(self) -> None:
        self._log.write(self._fold.take(self._follower.offsets))

    def close(self) -> None:
        self._log.close()


def minutes(folder: Folder) -> list[Minute]:
    """The minutes that a session's rollups hold, in order."""
    found = [record for path in folder.rollups() for record in Tail(path).read() if isinstance(record, Minute)]
    return sorted(found, key=lambda minute: minute.t1)


def whole(folder: Folder, done: Iterable[Minute] | None = None) -> Fold:
    """A session folded whole: from its minutes, and from the raw files only what came after them."""
    known = list(minutes(folder) if done is None else done)
    fold = Fold()
    for minute in known:
        fold.merge(minute)
    for origin, record in Follower(folder, known[-1].offsets if known else None).read():
        fold.add(origin, record)
    return fold
