"""A dump: the whole stacks of every rank at one moment."""

from __future__ import annotations

import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor

from mlperf_tui.records import Mark, Record, StackReading, Unavailable
from mlperf_tui.sampling.pyspy import Answer, PySpy
from mlperf_tui.sampling.stacks import is_python
from mlperf_tui.sampling.stat import Stat
from mlperf_tui.sampling.thread_names import Names

MOST_PROCESSES = 16
AT_ONCE = 8
"""A process that can't be read holds up none of the others."""


def dump(spy: PySpy, names: Names, members: Mapping[int, Stat], ranks: Mapping[int, int]) -> list[Record]:
    """Every thread of every rank; without ranks, of the run's oldest Python processes. Else why there is nothing.

    A mark says when it was made, so that looking back finds it among the events.
    """
    t = time.monotonic_ns()
    pids = _pids(members, ranks)
    if not pids:
        return [Unavailable("stack", "this run has no Python process")]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        answers = dict(zip(pids, pool.map(spy.ask, pids), strict=True))
    stacks = [stack for pid, answer in answers.items() for stack in _stacks(t, pid, answer, names)]
    told = [Mark(t, "stack_dump", len(stacks), {"processes": len(pids)})] if stacks else []
    return [*told, *stacks, *_reasons(answers)]


def _pids(members: Mapping[int, Stat], ranks: Mapping[int, int]) -> list[int]:
    if of_ranks := sorted((pid for pid in ranks if pid in members), key=lambda pid: ranks[pid]):
        return of_ranks
    pythons = [pid for pid in members if is_python(pid)]
    return sorted(pythons, key=lambda pid: (members[pid].start, pid))[:MOST_PROCESSES]


def _stacks(t: int, pid: int, answer: Answer, names: Names) -> list[StackReading]:
    if answer.threads:
        names.learn(pid, {thread.tid: thread.name for thread in answer.threads})
    return [
        StackReading(t, pid, thread.tid, thread.frames, names.thread(pid, thread.tid), names.rank(pid))
        for thread in sorted(answer.threads, key=lambda thread: (thread.tid != pid, thread.tid))
        if thread.frames
    ]


def _reasons(answers: Mapping[int, Answer]) -> list[Unavailable]:
    """Why some could not be read: one sentence for all that have it in common."""
    reasons = {answer.reason or "py-spy found no thread" for answer in answers.values() if not answer.threads}
    return [Unavailable("stack", reason) for reason in sorted(reasons)]
