"""A run's throughput over its time: read from a bounded part of its files, however long it is."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from mlperf_tui.records import Minute, Step
from mlperf_tui.report import pieces
from mlperf_tui.report.pulse import rate_of
from mlperf_tui.session.folder import Folder, rank_of
from mlperf_tui.session.span import last_time

POINTS = 24
LEAST_KNOWN = 3
ENOUGH_MINUTES = POINTS // 2
WHOLE_BYTES = 1 << 18
"""A file up to this size is read whole; of a longer one only what follows `POINTS` moments is."""

STEPS_A_POINT = 16
"""Steps read after each moment: enough to even out a slow one among them."""

R = TypeVar("R", Step, Minute)
Pace = tuple[float | None, ...]


@dataclass(frozen=True, slots=True)
class _Stretch:
    """Samples a second between two moments in monotonic ns; None where nothing was trained, or it isn't told."""

    since: int
    until: int
    rate: float | None


def pace(folder: Folder, t: int | None = None) -> Pace:
    """Samples a second over the run, in `POINTS` parts of the same time, oldest first; None where nothing was trained.

    It ends at `t` (monotonic ns, for a run that lasts), else with what was written last. Empty where less than three
    steps or minutes are known. From the minutes of the rollup; of a run that is too short for many from rank 0's
    steps, whose rate is the shape.
    """
    until = t or last_time(folder)
    found = _read(_longest(folder.rollups()), until, 1, Minute, _of_minute)
    if _known(found) < ENOUGH_MINUTES:
        found = max(found, _read(_own(folder), until, STEPS_A_POINT, Step, _of_step), key=_known)
    return _spread(found, until) if _known(found) >= LEAST_KNOWN else ()


def _own(folder: Folder) -> Path | None:
    """Rank 0's steps, or what the program printed of them."""
    return _longest([path for path in folder.steps() if rank_of(path) == 0]) or _longest([folder.printed])


def _longest(paths: Iterable[Path]) -> Path | None:
    return max((path for path in paths if path.exists()), key=lambda path: path.stat().st_size, default=None)


def _known(found: list[_Stretch]) -> int:
    return sum(one.rate is not None for one in found)


def _read(path: Path | None, until: int, count: int, kind: type[R], stretch: Callable[[R], _Stretch]) -> list[_Stretch]:
    try:
        if path is None:
            return []
        if path.stat().st_size <= WHOLE_BYTES:
            return [stretch(record) for record in pieces.every(path, kind)]
        begun = next(stretch(record).since for record in pieces.after(path, [0], 1, kind))
        moments = [begun + at * (until - begun) / POINTS for at in range(POINTS)]
        return [stretch(record) for record in pieces.after(path, moments, count, kind)]
    except (OSError, LookupError, TypeError, StopIteration):
        return []


def _of_step(step: Step) -> _Stretch:
    seconds = (step.data_s or 0) + (step.host_s or 0)
    return _Stretch(step.t - round(1e9 * seconds), step.t, rate_of([step]))


def _of_minute(minute: Minute) -> _Stretch:
    """All ranks together."""
    hosts = [totals["host"] for totals in minute.ranks.values()]
    rates = [host["samples"] / host["seconds"] for host in hosts if host["samples"] and host["seconds"] > 0]
    return _Stretch(minute.t0, minute.t1, sum(rates) if rates else None)


def _spread(found: list[_Stretch], until: int) -> Pace:
    """Each part's mean over the time that was trained in it."""
    begun = min(one.since for one in found)
    each = (until - begun) / POINTS
    if each <= 0:
        return ()
    trained, samples = [0.0] * POINTS, [0.0] * POINTS
    for one in found:
        if one.rate is None:
            continue
        for at in range(_part(one.since, begun, each), _part(one.until, begun, each) + 1):
            overlap = min(one.until, begun + (at + 1) * each) - max(one.since, begun + at * each)
            trained[at] += max(0.0, overlap)
            samples[at] += max(0.0, overlap) * one.rate
    return tuple(sum_ / time if time > 0 else None for sum_, time in zip(samples, trained, strict=True))


def _part(t: int, begun: int, each: float) -> int:
    return max(0, min(POINTS - 1, int((t - begun) / each)))
