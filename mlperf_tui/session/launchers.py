"""The threads that launch a rank's kernels: its main thread and autograd's, which take turns."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping

from mlperf_tui.frozen import frozen
from mlperf_tui.records import ThreadInfo, ThreadReading

LAUNCHES = re.compile(r"(?:rank (\d+) )?(?:(main)|autograd(?: \d+)?)")
MAINS = 64
AUTOGRADS = 256
"""Kept apart from the main threads, so that they push out none. torch makes one for each GPU that a rank sees, and of
them only those that worked are ever named: 16 ranks that see 16 GPUs each have no more."""


@frozen
class Launcher:
    """A thread that launches a rank's kernels: its main thread, or one of autograd's. Without ranks it is rank 0's."""

    rank: int
    is_main: bool


def launcher(name: str) -> Launcher | None:
    """Which launching thread has this name; None of any other, such as a loader or the main thread of a helper."""
    found = LAUNCHES.fullmatch(name)
    return Launcher(int(found[1] or 0), found[2] is not None) if found else None


def by_rank(told: Iterable[tuple[int, float | None]], known: Collection[int]) -> dict[int, float]:
    """The sum of each rank's launching threads, told one by one; only of ranks whose main thread is known.

    On a GPU autograd's threads launch backward while the main thread waits. They take turns, so that only their sum
    says whether launches and Python keep a core busy.
    """
    sums: dict[int, float] = {}
    for rank, value in told:
        if value is not None and rank in known:
            sums[rank] = sums.get(rank, 0.0) + value
    return sums


class Launchers:
    """Learns which threads launch kernels, by rank; `mains` and `autograds` are what a minute stores of them."""

    def __init__(self, mains: Mapping[int, int] | None = None, autograds: Mapping[int, int] | None = None) -> None:
        self.mains: dict[int, int] = dict(mains or {})
        self.autograds: dict[int, int] = dict(autograds or {})

    def name(self, info: ThreadInfo) -> None:
        """Take in who a thread is: what was said of it before holds no more. A main thread is its process's first."""
        self.mains.pop(info.tid, None)
        self.autograds.pop(info.tid, None)
        found = launcher(info.name)
        if found is None or (found.is_main and info.tid != info.pid):
            return
        kept, most = (self.mains, MAINS) if found.is_main else (self.autograds, AUTOGRADS)
        if len(kept) < most:
            kept[info.tid] = found.rank

    def shares(self, reading: ThreadReading) -> dict[int, float]:
        """Of one core, by rank; a thread that isn't in the reading, or has no value, counts for nothing."""
        ranks = {**self.autograds, **self.mains}
        told = zip(reading.tids, reading.cpu_cores, strict=False)
        return by_rank(((ranks[tid], cores) for tid, cores in told if tid in ranks), set(self.mains.values()))
