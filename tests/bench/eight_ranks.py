"""Eight ranks with two loaders each that work a little and sleep a lot: for what a recorder of them costs."""

from __future__ import annotations

import multiprocessing
import os
import time
from collections.abc import Iterator
from pathlib import Path

from mlperf_tui.steps import Steps

RANKS = 8
LOADERS = 2
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
    steps = Steps(samples_per_step=32)
    for _ in steps.over(forever()):
        work(RANK_WORK_S)
        time.sleep(STEP_S - RANK_WORK_S)
        steps.end(loss=1.0)


def loader() -> None:
    """Named as torch names its own."""
    Path("/proc/self/comm").write_text("pt_data_worker")
    while True:
        work(LOADER_WORK_S)
        time.sleep(STEP_S)


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
