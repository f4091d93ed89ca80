"""A run's throughput over its time, and now: read from a bounded part of its files, however long it is."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from pathlib import Path

from mlperf_tui.records import Minute, Record, Step, decode
from mlperf_tui.session.folder import Folder, rank_of

POINTS = 24
LEAST_POINTS = 3
ENOUGH_POINTS = POINTS // 2
WHOLE_BYTES = 1 << 18
"""A file up to this size is read whole; of a longer one only `POINTS` places are."""

STEP_LINES = 32
"""Lines read at each place of a steps file: enough to even out a slow step among them."""

TAIL_BYTES = 1 << 13
STALLED_NS = 60_000_000_000
"""After so long without a step there is no throughput of now, as with the alarm of a stalled run."""

Lines = list[bytes]


def pace(folder: Folder) -> tuple[float | None, ...]:
    """Samples a second over the run, at most `POINTS` of them, oldest first; none where fewer than three are known.

    From the minutes of the rollup; of a run that is too short for many from rank 0's steps, whose rate is the shape.
    """
    found = _points(_longest(folder.rollups()), 1, _of_minutes)
    if len(found) < ENOUGH_POINTS:
        found = max(found, _points(_own(folder), STEP_LINES, _of_steps), key=len)
    return found if sum(point is not None for point in found) >= LEAST_POINTS else ()


def now(folder: Folder, t: int) -> float | None:
    """Samples a second of all ranks in their last steps, as of the monotonic time `t` in ns; None without any."""
    newest = {rank_of(path): path for path in folder.steps()} or {0: folder.printed}
    steps = [_steps(_tail(path)) for path in newest.values()]
    if not all(steps) or t - max(one[-1].t for one in steps) > STALLED_NS:
        return None
    rates = [rate for one in steps if (rate := _rate(one)) is not None]
    return sum(rates) if len(rates) == len(steps) else None


def _own(folder: Folder) -> Path | None:
    """Rank 0's steps, or what the program printed of them."""
    return _longest([path for path in folder.steps() if rank_of(path) == 0]) or _longest([folder.printed])


def _longest(paths: Iterable[Path]) -> Path | None:
    return max((path for path in paths if path.exists()), key=lambda path: path.stat().st_size, default=None)


def _points(path: Path | None, lines: int, rate: Callable[[Lines], float | None]) -> tuple[float | None, ...]:
    try:
        return tuple(rate(piece) for piece in _pieces(path, lines)) if path else ()
    except (OSError, LookupError, TypeError):
        return ()


def _pieces(path: Path, lines: int) -> Iterator[Lines]:
    """The file in `POINTS` pieces of whole lines, or fewer where it has fewer lines."""
    with path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        if size <= WHOLE_BYTES:
            held = file.readlines()
            count = min(POINTS, len(held))
            yield from (held[i * len(held) // count : (i + 1) * len(held) // count] for i in range(count))
            return
        for place in range(POINTS):
            file.seek(size * place // POINTS)
            file.readline()
            yield list(islice(file, lines))


def _tail(path: Path) -> Lines:
    try:
        with path.open("rb") as file:
            file.seek(max(0, os.fstat(file.fileno()).st_size - TAIL_BYTES))
            return file.readlines()
    except OSError:
        return []


def _steps(lines: Lines) -> list[Step]:
    return [record for record in _records(lines, b'{"step":') if isinstance(record, Step)]


def _of_steps(lines: Lines) -> float | None:
    return _rate(_steps(lines))


def _rate(steps: list[Step]) -> float | None:
    """Samples over the time of the steps, data wait included; None where either was not told."""
    return _over(
        sum(step.samples or 0 for step in steps), sum((step.data_s or 0) + (step.host_s or 0) for step in steps)
    )


def _of_minutes(lines: Lines) -> float | None:
    rates = [
        _over(totals["host"]["samples"], totals["host"]["seconds"])
        for minute in _records(lines, b'{"minute":')
        if isinstance(minute, Minute)
        for totals in minute.ranks.values()
    ]
    known = [rate for rate in rates if rate is not None]
    minutes = sum(line.startswith(b'{"minute":') for line in lines)
    return sum(known) / minutes if known else None


def _over(samples: int, seconds: float) -> float | None:
    return samples / seconds if samples and seconds > 0 else None


def _records(lines: Lines, kind: bytes) -> Iterator[Record]:
    """The records of one kind; a line that is torn or no record is left out."""
    for line in lines:
        try:
            if line.startswith(kind) and (record := decode(line)) is not None:
                yield record
        except ValueError:
            continue
