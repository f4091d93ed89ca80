"""The run's own processes: who they are, and what CPU, memory and threads they take together."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from pathlib import Path

from mlperf_tui.sampling.helpers import Helpers
from mlperf_tui.sampling.stat import Stat, stat_of

TAG = b"MLPERF_TUI_STEPS="
"""The session's directory. Its id alone won't do: another root may hold one of that id, whose program isn't ours."""


@dataclass(frozen=True, slots=True)
class TreeReading:
    """All processes of a run together. Memory is resident: a page that forked workers share counts in each of them."""

    cpu_cores: float | None
    memory_bytes: int
    processes: int
    threads: int


class Tree:
    """The processes below `root`, found by parent and by the session's directory in their environment.

    A process belongs to the run from when it is first seen, whoever its parent becomes later. `root` is a pid and its
    start in clock ticks, so that a pid used again is nobody of ours. This process's own children belong to it as well:
    it is the one that orphans of the run come to; only its helpers don't.
    """

    def __init__(self, session: Path, root: tuple[int, int], helpers: Helpers) -> None:
        self._session = session
        self._root = root
        self._helpers = helpers
        self._myself = os.getpid()
        self._members: dict[int, Stat] = {}
        self._others: set[int] = set()
        self._read_at: float | None = None

    @property
    def root(self) -> int:
        """The pid of the run's first process."""
        return self._root[0]

    def members(self) -> dict[int, Stat]:
        """Every live process of the run now."""
        present = {int(name) for name in os.listdir("/proc") if name.isdigit()}  # noqa: PTH208  a Path each costs too much
        self._others &= present
        stats = {pid: stat for pid in present - self._others if (stat := stat_of(pid)) is not None}
        mine = {pid for pid, stat in stats.items() if self._is_known(pid, stat)}
        mine |= self._new_members(stats, mine)
        self._others |= present - mine
        self._members = {pid: stats[pid] for pid in mine if stats[pid].state not in "ZX"}
        return self._members

    def read(self) -> TreeReading:
        """What they take; `cpu_cores` over the time since the last reading, None at first."""
        before, read_at = self._members, self._read_at
        now = self.members()
        self._read_at = time.monotonic()
        cores = None
        if read_at is not None:
            cores = _cpu_spent(before, now) / max(1e-3, self._read_at - read_at)
        return TreeReading(
            cpu_cores=cores,
            memory_bytes=sum(stat.memory_bytes for stat in now.values()),
            processes=len(now),
            threads=sum(stat.threads for stat in now.values()),
        )

    def _is_known(self, pid: int, stat: Stat) -> bool:
        known = self._members.get(pid)
        return (pid, stat.start) == self._root or (known is not None and known.start == stat.start)

    def _new_members(self, stats: dict[int, Stat], mine: set[int]) -> set[int]:
        """Those not seen before that descend from a member or carry the tag."""
        fresh = {pid for pid, stat in stats.items() if pid not in mine and not self._helpers.has(pid, stat.start)}
        found = {pid for pid in fresh if stats[pid].parent == self._myself or self._is_tagged(pid)}
        while more := {pid for pid in fresh - found if stats[pid].parent in mine | found}:
            found |= more
        return found

    def _is_tagged(self, pid: int) -> bool:
        try:
            words = Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
        except OSError:
            return False
        return any(self._is_session(word[len(TAG) :]) for word in words if word.startswith(TAG))

    def _is_session(self, told: bytes) -> bool:
        """Whether it is the session's directory, maybe by another name: a second recorder may have come another way."""
        path = Path(os.fsdecode(told))
        try:
            return path == self._session or path.samefile(self._session)
        except OSError:
            return False


def _cpu_spent(before: dict[int, Stat], now: dict[int, Stat]) -> float:
    """CPU seconds since: a process that is new brings all it has used so far."""
    return sum(stat.cpu_s - (before[pid].cpu_s if pid in before else 0.0) for pid, stat in now.items())
