"""Eight ranks with their loaders that work a little and sleep a lot: for what a recorder of them costs.

Two loaders a rank and no thread more, or so many loaders and at least so many threads in all as LOADERS and THREADS
say in the environment; the threads that are made up for it sleep.
"""

from __future__ import annotations

import multiprocessing
import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from mlperf_tui.steps import Steps

RANKS = 8
LOADERS = int(os.environ.get("LOADERS", "2"))
THREADS = int(os.environ.get("THREADS", "0"))
STEP_S, RANK_WORK_S, LOADER_WORK_S = 0.05, 0.002, 0.001


def main() -> None:
    """Until it is told to end."""
    ranks = [multiprocessing.Process(target=rank, args=(index,)) for index in range(RANKS)]
    for process in ranks:
        process.start()
    for process in ranks:
        process.join()


def rank(index: int) -> None:
    """One rank: its steps and its loaders."""
    os.environ.update(RANK=str(index), LOCAL_RANK=str(index), WORLD_SIZE=str(RANKS))
    for _ in range(LOADERS):
        multiprocessing.Process(target=loader, daemon=True).start()
    sleepers()
    steps = Steps(samples_per_step=32)
    for _ in steps.over(forever()):
        work(RANK_WORK_S)
        time.sleep(STEP_S - RANK_WORK_S)
        steps.end(loss=1.0)


def loader() -> None:
    """Named as torch names its own."""
    Path("/proc/self/comm").write_text("pt_data_worker")
    sleepers()
    while True:
        work(LOADER_WORK_S)
        time.sleep(STEP_S)


def sleepers() -> None:
    """This process's part of the threads."""
    threading.stack_size(64 << 10)
    for _ in range(-(-THREADS // (RANKS * (1 + LOADERS)))):
        threading.Thread(target=threading.Event().wait, daemon=True).start()


def work(seconds: float) -> None:
    """Keep one core busy."""
    until = time.perf_counter() + seconds
    while time.perf_counter() < until:
        pass


def forever() -> Iterator[None]:
    """Batches of nothing."""
    while True:
        yield None


if __name__ == "__main__":
    multiprocessing.set_start_method("fork")
    main()
