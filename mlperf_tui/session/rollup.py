"""Rollups: a session folded by minute and by hour, so that opening a long one reads these and not its lines."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from mlperf_tui.records import Minute, Record
from mlperf_tui.session.fold import Fold
from mlperf_tui.session.folder import Folder
from mlperf_tui.session.follow import Follower, Origin
from mlperf_tui.session.index import HourFold, has_stale_hours, hours_after, minutes_after, stretches
from mlperf_tui.session.log import Log
from mlperf_tui.session.said import MARKS_OF_A_KEY

__all__ = ["MARKS_OF_A_KEY", "Fold", "Roller", "is_rolled", "minutes", "whole"]

MINUTE_NS = 60_000_000_000
MINUTE_RECORDS = 20_000
"""A minute of more records is written in parts: whoever looks back to a moment reads no more lines than these."""

See: TypeAlias = Callable[[Origin, Record], object]


class Roller:
    """Writes a Minute each time one is over, and an hour after sixty. The recorder drives it.

    It reads the session as any reader does, from where the last minute ends, and hands each record to `see`.
    """

    def __init__(self, folder: Folder, host: str, see: See | None = None) -> None:
        self._path = folder.rollup(host)
        self._see = see
        self._fold = Fold()
        self._over_t = 0
        self._count = 0
        _drop_stale_hours(folder)
        self._log, self._hour_log = Log(self._path), Log(folder.hours(host))
        self._hours = HourFold()
        self._places: dict[str, int] = {}
        self._follower = Follower(folder, self._catch_up(folder))

    def roll(self, last: bool = False) -> None:
        """Take in what is new, and write each minute that is over; at the `last` time, what is left as well."""
        for origin, record in self._follower.read():
            t = getattr(record, "t", 0)
            if 0 < self._over_t <= t or self._count >= MINUTE_RECORDS:
                self._write()
            self._fold.add(origin, record)
            self._count += 1
            self._over_t = self._over_t or (t and t + MINUTE_NS)
            if self._see is not None:
                self._see(origin, record)
        if last and self._fold.t0 is not None:
            self._write()

    def close(self) -> None:
        self._log.close()
        self._hour_log.close()

    def _catch_up(self, folder: Folder) -> dict[str, int]:
        """Make the hours that an earlier recorder has left out; how far the raw files have been folded."""
        offsets: dict[str, int] = {}
        for hour, _ in hours_after(folder, {}):
            offsets = hour.offsets
        self._places = {path.name: offsets.get(path.name, 0) for path in folder.rollups()}
        for minute, places in minutes_after(folder, self._places):
            offsets, self._places = minute.offsets, places
            self._add_to_hour(minute)
        return offsets

    def _write(self) -> None:
        """What the disk has no room for stays in the fold, and is written with the next minute."""
        self._over_t = self._count = 0
        minute = self._fold.minute(self._follower.offsets)
        if _written(self._log, minute):
            self._fold.clear()
            self._places = {**self._places, self._path.name: self._path.stat().st_size}
            self._add_to_hour(minute)

    def _add_to_hour(self, minute: Minute) -> None:
        hour = self._hours.add(minute, self._places)
        if hour is not None and _written(self._hour_log, hour):
            self._hours.clear()


def minutes(folder: Folder) -> list[Minute]:
    """All minutes that a session's rollups hold, in order."""
    return [minute for minute, _ in minutes_after(folder, {})]


def is_rolled(folder: Folder) -> bool:
    """Whether there is any minute."""
    return next(minutes_after(folder, {}), None) is not None


def whole(folder: Folder) -> Fold:
    """A session folded whole: from its hours and minutes, and from the raw files only what came after them."""
    fold = Fold()
    offsets: dict[str, int] = {}
    for stretch in stretches(folder):
        fold.merge(stretch)
        offsets = stretch.offsets
    for origin, record in Follower(folder, offsets).read():
        fold.add(origin, record)
    return fold


def _written(log: Log, minute: Minute) -> bool:
    before = log.lost
    log.write(minute)
    return log.lost == before


def _drop_stale_hours(folder: Folder) -> None:
    """Of a rollup that is begun anew they would hide as much as the old one held: they are made anew with it."""
    if has_stale_hours(folder):
        for path in folder.hour_files():
            path.unlink()
