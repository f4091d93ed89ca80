"""The run's threads by CPU time: the busiest one by one, all others in one sum."""

from __future__ import annotations

import heapq
import time
from collections.abc import Mapping
from dataclasses import dataclass

from mlperf_tui.records import ThreadReading
from mlperf_tui.sampling.stat import TICKS_PER_S, Stat
from mlperf_tui.sampling.tasks import Descriptors, Task, Tasks, cpu_ticks, task_of

KEPT = 32
MOST_DESCRIPTORS = 4096


@dataclass(frozen=True, slots=True)
class Busy:
    """A reading, and the threads that it names, in its order."""

    reading: ThreadReading
    tasks: tuple[Task, ...]


class Threads:
    """Reads the threads of a run's processes; keeps what each had used, to take the difference.

    The threads of a process are looked at only when its CPU time has moved, by the tick of 10 ms that the kernel counts
    in; most processes of a large run sleep. At most `most_descriptors` files are kept open.
    """

    def __init__(self, most_descriptors: int = MOST_DESCRIPTORS) -> None:
        self._descriptors = Descriptors(most_descriptors)
        self._processes: dict[tuple[int, int], _Process] = {}
        self._read_at: float | None = None

    def read(self, members: Mapping[int, Stat]) -> Busy | None:
        """The threads of these processes over the time since the reading before; None the first time."""
        now, before = time.monotonic(), self._read_at
        self._read_at = now
        self._forget_gone(members)
        used = [self._process(pid, stat, now - before if before else 0.0).read(stat) for pid, stat in members.items()]
        if before is None:
            return None
        spent = [one for process in used for one in process.threads]
        total_s = sum(process.cpu_s for process in used)
        return busiest(spent, total_s, sum(stat.threads for stat in members.values()), now - before)

    def _process(self, pid: int, stat: Stat, since_s: float) -> _Process:
        known = self._processes.get((pid, stat.start))
        if known is None:
            born_since = time.clock_gettime(time.CLOCK_BOOTTIME) - stat.start / TICKS_PER_S <= since_s
            known = _Process(pid, Tasks(pid, self._descriptors), stat, born_since=born_since)
            self._processes[pid, stat.start] = known
        return known

    def _forget_gone(self, members: Mapping[int, Stat]) -> None:
        present = {(pid, stat.start) for pid, stat in members.items()}
        for gone in self._processes.keys() - present:
            self._processes.pop(gone).close()


@dataclass(frozen=True, slots=True)
class Spent:
    """The CPU that one thread used, and its line of /proc/PID/task/TID/stat."""

    cpu_s: float
    pid: int
    tid: int
    line: bytes


@dataclass(frozen=True, slots=True)
class _Used:
    """What a process used since the reading before, and which of its threads used how much of it."""

    cpu_s: float
    threads: list[Spent]


class _Process:
    """What one process and its threads had used. One that is older than the reading before brings nothing from then."""

    def __init__(self, pid: int, tasks: Tasks, stat: Stat, *, born_since: bool) -> None:
        self._pid = pid
        self._tasks = tasks
        self._cpu_s = 0.0 if born_since else stat.cpu_s
        self._ticks = {} if born_since else _ticks(tasks.read(stat.threads))

    def read(self, stat: Stat) -> _Used:
        cpu_s, self._cpu_s = stat.cpu_s - self._cpu_s, stat.cpu_s
        if cpu_s <= 0:
            return _Used(0.0, [])
        lines, before = self._tasks.read(stat.threads), self._ticks
        self._ticks = now = _ticks(lines)
        moved = {tid: ticks - before.get(tid, 0) for tid, ticks in now.items() if ticks > before.get(tid, 0)}
        return _Used(cpu_s, [Spent(used / TICKS_PER_S, self._pid, tid, lines[tid]) for tid, used in moved.items()])

    def close(self) -> None:
        self._tasks.close()


def _ticks(lines: dict[int, bytes]) -> dict[int, int]:
    return {tid: cpu_ticks(line) for tid, line in lines.items()}


def busiest(spent: list[Spent], total_s: float, threads: int, over_s: float) -> Busy:
    """The busiest of those that used CPU in `over_s`, and what is left of the `total_s` of all `threads`.

    What is left holds the other threads, those that ended in between, and what is less than a tick.
    """
    kept = heapq.nlargest(KEPT, spent, key=lambda one: one.cpu_s)
    over_s = max(1e-3, over_s)
    shares = tuple(round(min(1.0, one.cpu_s / over_s), 3) for one in kept)
    tasks = tuple(task_of(one.pid, one.tid, one.line) for one in kept)
    reading = ThreadReading(
        t=time.monotonic_ns(),
        tids=tuple(task.tid for task in tasks),
        cpu_cores=shares,
        states="".join(task.state for task in tasks),
        more_threads=max(0, threads - len(tasks)),
        more_cpu_cores=round(max(0.0, total_s / over_s - sum(shares)), 3),
    )
    return Busy(reading, tasks)
