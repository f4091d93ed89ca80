"""Where the run's Python threads are: one process at a time, asked by py-spy, and no more once it is refused."""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from mlperf_tui.records import FrameReading, Record, Source, Unavailable
from mlperf_tui.sampling.pyspy import RUNG, Answer, Problem, PySpy, PythonThread
from mlperf_tui.sampling.stat import Stat
from mlperf_tui.sampling.tasks import Task
from mlperf_tui.sampling.turns import Turns

SERIES = "thread.frame"
TRIES = 3
"""How often running a process may give no answer, or py-spy hang, before it is given up."""

PYTHONS = ("python", "pypy")


class Stacks:
    """Asks for the frames of the threads that a reading kept, and of each rank's main thread.

    Under Yama's ptrace_scope 1 a process is read only where it allowed it itself, as our step protocol does: so a
    refusal by a process that is no rank ends the tries on all but the ranks, and a refusal by a rank ends all.
    """

    def __init__(self, spy: PySpy) -> None:
        self._spy = spy
        self._turns = Turns()
        self._failures: Counter[_Process] = Counter()
        self._pythons: dict[tuple[int, int, str], bool] = {}
        self._hung = 0
        self._works = False
        self._ranks_only = False
        self._over = False
        self._said = ""

    def look(
        self, members: Mapping[int, Stat], ranks: Mapping[int, int], kept: Iterable[Task]
    ) -> tuple[list[Record], int, tuple[PythonThread, ...]]:
        """Ask the process whose turn it is: the records to write, its pid (0 for none), and its Python threads."""
        wanted = _wanted(members, ranks, kept)
        askable = {} if self._over else self._askable(members, ranks, wanted)
        of_ranks, others = ([pid for pid in askable if (pid in ranks) is rank] for rank in (True, False))
        pid = self._turns.next(of_ranks, others, time.monotonic())
        if pid is None:
            return [], 0, ()
        answer = self._spy.ask(pid)
        if answer.problem is not None or not answer.threads:
            return self._failed(askable[pid], answer), pid, ()
        return self._read(askable[pid], answer.threads, wanted[pid]), pid, answer.threads

    def _askable(
        self, members: Mapping[int, Stat], ranks: Mapping[int, int], pids: Iterable[int]
    ) -> dict[int, _Process]:
        processes = {pid: _Process(pid, members[pid].start, pid in ranks) for pid in pids}
        self._failures = Counter({known: n for known, n in self._failures.items() if known.pid in members})
        self._pythons = {known: said for known, said in self._pythons.items() if known[0] in members}
        return {pid: process for pid, process in processes.items() if self._may_ask(process, members[pid].comm)}

    def _may_ask(self, process: _Process, comm: str) -> bool:
        if self._failures[process] >= TRIES:
            return False
        return process.is_rank or (not self._ranks_only and self._is_python(process, comm))

    def _is_python(self, process: _Process, comm: str) -> bool:
        """Found out once for each process and name: another program gives another name, nearly always."""
        key = (process.pid, process.start, comm)
        if key not in self._pythons:
            self._pythons[key] = is_python(process.pid)
        return self._pythons[key]

    def _read(self, process: _Process, threads: tuple[PythonThread, ...], wanted: set[int]) -> list[Record]:
        self._hung = self._failures[process] = 0
        where = {thread.tid: thread.frames[0] for thread in threads if thread.tid in wanted and thread.frames}
        records: list[Record] = []
        if not self._works:
            self._works, self._ranks_only = True, False
            records.append(Source(SERIES, RUNG, "function file:line"))
        if where:
            records.append(FrameReading(time.monotonic_ns(), process.pid, tuple(where), tuple(where.values())))
        return records

    def _failed(self, process: _Process, answer: Answer) -> list[Record]:
        """Count a failure, and say what is to be told of it: each reason once."""
        self._failures[process] += 1
        self._hung = self._hung + 1 if answer.problem is Problem.HANGS else 0
        if answer.problem is Problem.REFUSED:
            self._failures[process] = TRIES
            self._ranks_only = not self._works
        self._over = self._is_over(process, answer.problem)
        bars = self._over or (answer.problem is Problem.REFUSED and self._ranks_only)
        if not bars or answer.reason == self._said:
            return []
        self._said = answer.reason
        return [Unavailable(SERIES, answer.reason)]

    def _is_over(self, process: _Process, problem: Problem | None) -> bool:
        """Whether there is no use in asking anybody any more."""
        if problem is Problem.REFUSED:
            return process.is_rank and not self._works
        return problem is Problem.NO_PYSPY or self._hung >= TRIES


@dataclass(frozen=True, slots=True)
class _Process:
    pid: int
    start: int
    is_rank: bool


def _wanted(members: Mapping[int, Stat], ranks: Mapping[int, int], kept: Iterable[Task]) -> dict[int, set[int]]:
    """The threads to look for, by process: the main thread of each rank, and those that were kept."""
    wanted = {pid: {pid} for pid in ranks if pid in members}
    for task in kept:
        if task.pid in members:
            wanted.setdefault(task.pid, set()).add(task.tid)
    return wanted


def is_python(pid: int) -> bool:
    """Whether a process runs a Python interpreter, by its executable's name; py-spy takes long to find out."""
    try:
        program = os.readlink(f"/proc/{pid}/exe")  # noqa: PTH115  a Path costs more than the call
    except OSError:
        return False
    return program.rpartition("/")[2].startswith(PYTHONS)
