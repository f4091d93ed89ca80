"""The run's threads: how busy they are, what they are called, where they are, and their stacks when asked for."""

from __future__ import annotations

import contextlib
import resource
import threading
import time

from mlperf_tui.launch import program_name
from mlperf_tui.recorder.dump import dump
from mlperf_tui.recorder.ranks import Ranks
from mlperf_tui.recorder.readings import Readings
from mlperf_tui.records import Source
from mlperf_tui.sampling.helpers import Helpers
from mlperf_tui.sampling.introductions import Introductions
from mlperf_tui.sampling.pyspy import PySpy
from mlperf_tui.sampling.stacks import Stacks
from mlperf_tui.sampling.stat import Stat
from mlperf_tui.sampling.tasks import Task
from mlperf_tui.sampling.thread_names import Names
from mlperf_tui.sampling.threads import MOST_DESCRIPTORS, Threads
from mlperf_tui.sampling.tree import Tree
from mlperf_tui.session.folder import Folder

LOOK_SHARE = 0.005
"""The share of one core that looking for frames may take: py-spy needs 7 to 13 ms for a process.

So there are 2 to 3 s from one look to the next, and eight ranks with two loaders each are all seen within 60 s: as
long as a viewer shows a frame.
"""


STOPPED = "Tt"
"""The kernel's states of a process that SIGSTOP or a debugger holds (man 5 proc)."""


class RunThreads:
    """`read`, `look` and `dump_soon` may be called from a thread each."""

    def __init__(self, folder: Folder, readings: Readings, tree: Tree, helpers: Helpers) -> None:
        self._readings = readings
        self._tree = tree
        self._ranks = Ranks(folder)
        self._threads = Threads(_descriptors())
        self._names = Names(tree.root, program_name)
        self._introductions = Introductions()
        self._helpers = helpers
        self._look_at = 0.0
        self._spy = PySpy(helpers)
        self._stacks = Stacks(self._spy)
        self._members: dict[int, Stat] = {}
        self._by_pid: dict[int, int] = {}
        self._kept: tuple[Task, ...] = ()
        self._said_source = False
        self._seeing = threading.Lock()
        self._dumping = threading.Lock()

    def read(self) -> None:
        """Write down the busiest threads since the last time, and who they are."""
        self._see_who_there_is()
        busy = self._threads.read(self._members)
        if busy is None or not self._members:
            return
        self._kept = busy.tasks
        infos = self._introductions.of(busy.reading.t, busy.tasks, self._names)
        self._readings.write(*self._source(), *infos, busy.reading)

    def look(self) -> None:
        """Write down where one process's threads are, unless the last look was too dear to have another so soon."""
        if time.monotonic() < self._look_at:
            return
        began_s = self._looking_s()
        records, pid, threads = self._stacks.look(self._members, self._by_pid, self._kept)
        if threads:
            self._names.learn(pid, {thread.tid: thread.name for thread in threads})
        self._readings.write(*records)
        self._look_at = time.monotonic() + (self._looking_s() - began_s) / LOOK_SHARE

    def ranks(self) -> dict[int, bool]:
        """Each rank that ever said who it is, and whether a process of it was there at the last reading."""
        here: dict[int, bool] = {}
        for pid, rank in self._by_pid.items():
            here[rank] = here.get(rank, False) or pid in self._members
        return here

    def stopped(self) -> set[int]:
        """The ranks of which a process was stopped at the last reading, by a signal or a debugger."""
        members = self._members
        return {rank for pid, rank in self._by_pid.items() if pid in members and members[pid].state in STOPPED}

    def dump_soon(self) -> None:
        """Have the stacks of all ranks written down, by a thread of its own; nothing where one is at it."""
        if self._dumping.acquire(blocking=False):
            threading.Thread(target=self._dump, name="dump", daemon=True).start()

    def end(self, patience_s: float) -> None:
        """Wait for a dump that is being made, for as long as the patience lasts."""
        if self._dumping.acquire(timeout=patience_s):
            self._dumping.release()

    def _dump(self) -> None:
        try:
            self._see_who_there_is()
            self._readings.write(*dump(self._spy, self._names, self._members, self._by_pid))
        finally:
            self._dumping.release()

    def _see_who_there_is(self) -> None:
        with self._seeing:
            self._by_pid = self._ranks.by_pid()
            self._members = self._tree.members()
            self._names.update(self._members, self._by_pid)

    def _looking_s(self) -> float:
        """CPU that this thread and the helpers have used."""
        return time.thread_time() + self._helpers.cpu_s

    def _source(self) -> list[Source]:
        if self._said_source:
            return []
        self._said_source = True
        return [Source("thread.cpu_cores", "/proc/PID/task", "cores")]


def _descriptors() -> int:
    """How many files may be kept open for threads. The limit is this process's alone: the program has started."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = max(soft, min(hard, 2 * MOST_DESCRIPTORS))
    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    return min(MOST_DESCRIPTORS, resource.getrlimit(resource.RLIMIT_NOFILE)[0] // 2)
