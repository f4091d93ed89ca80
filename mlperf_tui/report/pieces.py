"""Steps and minutes of a file at its end, from a moment on, or all: of a long file only as much as is asked for."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import BinaryIO, TypeVar

from mlperf_tui.records import Minute, Step, decode

BLOCK_BYTES = 1 << 13
MOST_LINES = 1000
"""After so many lines of other kinds nothing more is looked for."""

TIME = re.compile(rb'^\{"(?:step|minute)":\{(?:"t0":\d+,)?"t1?":(\d+)', re.MULTILINE)
"""When a step or a minute ended: that stands first in its line."""

R = TypeVar("R", Step, Minute)


def tail(path: Path, kind: type[R]) -> list[R]:
    """Those in the last 8 KiB; none where the file can't be read."""
    try:
        with path.open("rb") as file:
            file.seek(max(0, os.fstat(file.fileno()).st_size - BLOCK_BYTES))
            return list(_records(file.readlines(), kind))
    except OSError:
        return []


def every(path: Path, kind: type[R]) -> list[R]:
    """All of a file that is known to be short."""
    with path.open("rb") as file:
        return list(_records(file, kind))


def after(path: Path, moments: Iterable[float], count: int, kind: type[R]) -> Iterator[R]:
    """For each moment (monotonic ns) the first `count` that end after it, found by halving the file; each only once."""
    seen: set[int] = set()
    with path.open("rb") as file:
        for moment in moments:
            for record in _records(_lines_after(file, moment, count), kind):
                ended = record.t if isinstance(record, Step) else record.t1
                if ended not in seen:
                    seen.add(ended)
                    yield record


def _lines_after(file: BinaryIO, moment: float, count: int) -> Iterator[bytes]:
    place = _place(file, moment)
    file.seek(place)
    if place:
        file.readline()
    later = (line for line in islice(file, MOST_LINES) if (ended := _ended(line)) is not None and ended > moment)
    return islice(later, count)


def _place(file: BinaryIO, moment: float) -> int:
    """A byte before the first line that is later, and at most a block before it."""
    low, high = 0, os.fstat(file.fileno()).st_size
    while high - low > BLOCK_BYTES:
        middle = (low + high) // 2
        file.seek(middle)
        file.readline()
        ended = _ended(file.read(BLOCK_BYTES))
        if ended is not None and ended <= moment:
            low = middle
        else:
            high = middle
    return low


def _ended(lines: bytes) -> int | None:
    found = TIME.search(lines)
    return int(found[1]) if found else None


def _records(lines: Iterable[bytes], kind: type[R]) -> Iterator[R]:
    """The records of one kind; a line that is torn or no record is left out."""
    for line in lines:
        try:
            if TIME.match(line) and isinstance(record := decode(line), kind):
                yield record
        except ValueError:
            continue
