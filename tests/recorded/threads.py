"""Threads of generated runs: who they are, how busy they were and where they stood."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass

from mlperf_tui.records import FrameReading, Record, ThreadInfo, ThreadReading
from tests.recorded.parts import SECOND, T0

KEPT = 32
PACE_S = 2

MAIN = (
    "forward conv.py:548",
    "forward conv.py:548",
    "_engine_run_backward graph.py:869",
    "_engine_run_backward graph.py:869",
    "step sgd.py:152",
    "one_epoch train.py:118",
)
LOADER = ("decode io.py:41", "decode io.py:41", "resized_crop functional.py:655", "_worker_loop worker.py:248")
PIN = ("do_one_step pin_memory.py:41",)
AUTOGRAD = ("backward autograd.py:98",)


@dataclass(frozen=True, slots=True)
class Thread:
    """One thread: the share of a core that it takes, and the frames that it may stand in."""

    pid: int
    tid: int
    name: str
    rank: int
    cores: float
    frames: tuple[str, ...]


def rank_threads(
    rank: int,
    pid: int,
    *,
    loaders: int = 2,
    main: float = 0.72,
    loader: float = 0.2,
    autograd: float = 0.31,
    frames: tuple[str, ...] = MAIN,
) -> list[Thread]:
    """A rank's main thread, its autograd and pin-memory threads, and the loaders, which are processes."""
    found = [
        Thread(pid, pid, f"rank {rank} main", rank, main, frames),
        Thread(pid, pid + 1, f"rank {rank} autograd", rank, autograd, AUTOGRAD),
    ]
    if loaders:
        found.append(Thread(pid, pid + 2, f"rank {rank} pin memory", rank, 0.04, PIN))
    for number in range(loaders):
        own = pid + 10 + number
        found.append(Thread(own, own, f"rank {rank} loader {number}", rank, loader, LOADER))
    return found


def cpu_threads(pid: int) -> list[Thread]:
    """A run on two cores: main, OpenMP's second thread (no Python in it), and two loaders with little to do."""
    return [
        Thread(pid, pid, "rank 0 main", 0, 0.93, MAIN),
        Thread(pid, pid + 1, "rank 0 python", 0, 0.82, ()),
        *(Thread(pid + 10 + n, pid + 10 + n, f"rank 0 loader {n}", 0, 0.06, LOADER) for n in range(2)),
    ]


def thread_records(
    second: int, chance: random.Random, threads: list[Thread], *, calm: bool = False
) -> Iterator[Record]:
    """What the recorder says of them in one second: who each is, once a minute; a reading each 2 s; one frame."""
    if second % 60 == 0:
        yield from (
            ThreadInfo(T0 + second * SECOND + 80_000_000, one.pid, one.tid, one.name, one.rank) for one in threads
        )
    if second % PACE_S == 0:
        yield _reading(second, chance, threads, calm=calm)
    yield _frame(second, chance, threads)


def _reading(second: int, chance: random.Random, threads: list[Thread], *, calm: bool) -> ThreadReading:
    cores = {one: round(min(1.0, one.cores * chance.uniform(0.9, 1.1) * (0.1 if calm else 1)), 2) for one in threads}
    busiest = sorted(threads, key=lambda one: -cores[one])
    kept, rest = busiest[:KEPT], busiest[KEPT:]
    return ThreadReading(
        t=T0 + second * SECOND + 90_000_000,
        tids=tuple(one.tid for one in kept),
        cpu_cores=tuple(cores[one] for one in kept),
        states="".join("R" if chance.random() < cores[one] else "S" for one in kept),
        more_threads=len(rest),
        more_cpu_cores=round(sum(cores[one] for one in rest), 2),
    )


def _frame(second: int, chance: random.Random, threads: list[Thread]) -> FrameReading:
    """One process a second, in turn."""
    pids = sorted({one.pid for one in threads})
    pid = pids[second % len(pids)]
    own = [one for one in threads if one.pid == pid and one.frames]
    frames = tuple(chance.choice(one.frames) for one in own)
    return FrameReading(T0 + second * SECOND + 150_000_000, pid, tuple(one.tid for one in own), frames)
