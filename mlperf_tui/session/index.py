"""Where in a session's files each moment lies: its hours in memory, its minutes on disk, both from the rollups."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import islice
from pathlib import Path

from mlperf_tui.records import Minute, decode
from mlperf_tui.session.fold import Fold
from mlperf_tui.session.folder import Folder, is_rollup
from mlperf_tui.session.log import Tail

MINUTES_OF_AN_HOUR = 60
SIGHT_NS = 1_800_000_000_000
"""So long before a moment its minutes are wanted one by one; of what lies before that, the hours are enough."""

Placed = tuple[Minute, dict[str, int]]
"""A minute or an hour, and how far its own files have been read with it."""


class HourFold:
    """Folds sixty minutes into one of the same shape, whose `offsets` are the raw files' and the rollups' own."""

    def __init__(self) -> None:
        self._fold = Fold()
        self._count = 0

    def add(self, minute: Minute, places: Mapping[str, int]) -> Minute | None:
        """The hour, once it is over; until it is cleared away, each further minute makes it longer."""
        self._fold.merge(minute)
        self._count += 1
        return self._fold.minute({**minute.offsets, **places}) if self._count >= MINUTES_OF_AN_HOUR else None

    def clear(self) -> None:
        """The hour has been kept: begin the next one."""
        self._fold.clear()
        self._count = 0


class Index:
    """Holds the hours of a session, less what only its summary needs. `refresh` takes in what is new."""

    def __init__(self, folder: Folder) -> None:
        self._folder = folder
        self._hours: list[Minute] = []
        self._read: dict[str, int] = {}

    def refresh(self) -> None:
        """Read new hours; where nobody has written them, they are made of their minutes."""
        for hour, read in hours_after(self._folder, self._read):
            self._read = read
            if not self._hours or progress(hour) > progress(self._hours[-1]):
                self._hours.append(_slim(hour))
        if self._is_behind():
            fold = HourFold()
            for minute, places in minutes_after(self._folder, self._places()):
                if (made := fold.add(minute, places)) is not None:
                    self._hours.append(_slim(made))
                    fold.clear()

    def until(self, t: int) -> Iterator[Minute]:
        """All that ends by `t` (monotonic ns), in order: hours while they are far, then minutes."""
        known = 0
        while known < len(self._hours) and self._hours[known].t1 < t - SIGHT_NS:
            yield self._hours[known]
            known += 1
        for minute, _ in minutes_after(self._folder, self._places(known)):
            if minute.t1 > t:
                return
            yield minute

    def _places(self, known: int | None = None) -> dict[str, int]:
        """How far the hours, or the first `known` of them, have come."""
        past = self._hours[:known]
        return past[-1].offsets if past else {}

    def _is_behind(self) -> bool:
        """Whether there are minutes enough for one more hour; they are counted, not read."""
        places = self._places()
        tails = [Tail(path, places.get(path.name, 0)) for path in self._folder.rollups()]
        return sum(1 for tail in tails for _ in islice(tail.lines(), MINUTES_OF_AN_HOUR)) >= MINUTES_OF_AN_HOUR


def stretches(folder: Folder) -> Iterator[Minute]:
    """All that the rollups hold, in order: hours, and the minutes after the last of them."""
    places: dict[str, int] = {}
    for hour, _ in hours_after(folder, {}):
        places = hour.offsets
        yield hour
    for minute, _ in minutes_after(folder, places):
        yield minute


def minutes_after(folder: Folder, offsets: Mapping[str, int]) -> Iterator[Placed]:
    """The minutes of all rollups behind these offsets, in order."""
    return _merged(folder.rollups(), offsets)


def hours_after(folder: Folder, offsets: Mapping[str, int]) -> Iterator[Placed]:
    """The hours behind these offsets, in order."""
    return _merged(folder.hour_files(), offsets)


def has_stale_hours(folder: Folder) -> bool:
    """Whether there are hours of minutes that have been lost: they still hold, but not beside new minutes."""
    sizes = {path.name: path.stat().st_size for path in folder.rollups()}
    places = [hour.offsets for hour, _ in hours_after(folder, {})]
    return any(end > sizes.get(name, 0) for ends in places for name, end in ends.items() if is_rollup(name))


def progress(minute: Minute) -> int:
    """How many bytes had been folded: it grows from one to the next, on whatever host or boot they were made."""
    return sum(minute.offsets.values())


def _merged(paths: list[Path], offsets: Mapping[str, int]) -> Iterator[Placed]:
    places = {path.name: offsets.get(path.name, 0) for path in paths}
    streams = [_lines(path, places[path.name]) for path in paths]
    for minute, name, end in heapq.merge(*streams, key=lambda item: progress(item[0])):
        places[name] = end
        yield minute, dict(places)


def _lines(path: Path, start: int) -> Iterator[tuple[Minute, str, int]]:
    """The minutes of one file, each with the offset behind it."""
    tail = Tail(path, start)
    for line in tail.lines():
        try:
            record = decode(line)
        except ValueError:
            continue
        if isinstance(record, Minute):
            yield record, path.name, tail.offset + len(line)


def _slim(hour: Minute) -> Minute:
    return replace(hour, series={}, threads={})
