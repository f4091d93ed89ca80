"""What identifies a session, from the beginnings of its files alone: as quick for a week as for a minute."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from mlperf_tui.analysis.summarise import summarise
from mlperf_tui.analysis.summary import Summary
from mlperf_tui.records import About, Clock, GpuInfo, GpuReading, HostInfo, Plan, Record, Step
from mlperf_tui.session.fold import Fold
from mlperf_tui.session.folder import Folder, rank_of
from mlperf_tui.session.follow import Origin
from mlperf_tui.session.log import Tail
from mlperf_tui.session.span import first_clock
from mlperf_tui.session.status import Status

LINES = 1000
"""Whoever says what it is says it in the first lines of its file."""


@dataclass(frozen=True, slots=True)
class Head:
    """`summary` has no number in it that a run comes to; `first` is the first reading of the GPUs."""

    summary: Summary
    about: About | None
    gpus: dict[str, int]
    """Index by UUID, of the GPUs in use."""
    cpus: int | None
    first: GpuReading | None
    clock: Clock | None


def head(folder: Folder, plan: Plan, state: Status) -> Head:
    """What is known by now of a session in any state."""
    fold = Fold()
    found = [(path, record) for path in [*folder.readings(), *folder.steps()] for record in _first(path)]
    for path, record in found:
        if isinstance(record, About | GpuInfo | HostInfo):
            fold.add(Origin(path.name, rank_of(path)), record)
    abouts = [record for record in fold.said if isinstance(record, About)]
    used = {about.gpu_uuid for about in abouts if about.gpu_uuid}
    return Head(
        summarise(plan, state, fold),
        next(iter(sorted(abouts, key=lambda about: about.rank)), None),
        {info.uuid: info.index for info in fold.said if isinstance(info, GpuInfo) and info.uuid in used},
        next((info.cpus for info in fold.said if isinstance(info, HostInfo)), None),
        next((record for _, record in found if isinstance(record, GpuReading)), None),
        first_clock(folder),
    )


def _first(path: Path) -> Iterator[Record]:
    """The records up to a rank's first step, or a recorder's first reading of the GPUs."""
    for record in islice(Tail(path).read(), LINES):
        if isinstance(record, Step):
            return
        yield record
        if isinstance(record, GpuReading):
            return


def at_s(t: int, clock: Clock | None, origin: Clock | None) -> float:
    """Seconds from `origin` to a session's moment `t` (monotonic ns); since the epoch where there is no origin.

    Where both are of one boot the monotonic clock says it, else the wall clock.
    """
    if clock is None:
        return t / 1e9
    if origin is not None and (origin.host, origin.boot_id) == (clock.host, clock.boot_id):
        return (t - origin.t) / 1e9
    return (clock.wall_ns + t - clock.t - (origin.wall_ns if origin else 0)) / 1e9
