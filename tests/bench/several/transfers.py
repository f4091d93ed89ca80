"""Known transfers between GPUs, as a program to be recorded: torchrun … -m tests.bench.several.transfers OUT.jsonl.

One process a GPU. First the first rank alone copies a block from GPU to GPU, each ordered pair in turn; then all ranks
sum a block by NCCL, again and again. A line a phase goes to OUT: what was sent, and between which two readings of the
monotonic clock, which the recorder reads too.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from itertools import permutations
from pathlib import Path
from typing import Any

import torch
import torch.distributed as dist

MIB = 1 << 20
COPY_BYTES = 1024 * MIB
SUM_BYTES = 256 * MIB
SECONDS = 9.0
"""A copy's: the recorder reads each link after five readings of traffic, and then once a minute."""

SUM_SECONDS = 65.0
PAUSE_S = 1.5
"""Between two phases, so that no reading covers both."""


def main(out: Path, seconds: float = SECONDS, sum_seconds: float = SUM_SECONDS) -> None:
    """Go through all phases."""
    rank, world = int(os.environ["RANK"]), int(os.environ["WORLD_SIZE"])
    torch.cuda.set_device(rank)
    dist.init_process_group("nccl", device_id=torch.device("cuda", rank))
    quiet: Any = dist.new_group(backend="gloo")  # NCCL's barrier keeps a kernel on each GPU that waits
    if rank == 0:
        for told in _copies(world, seconds):
            _write(out, told)
    dist.barrier(quiet)
    told = _sums(world, sum_seconds)
    if rank == 0:
        _write(out, told)
    dist.destroy_process_group()


def _copies(world: int, seconds: float) -> Iterator[dict[str, Any]]:
    """Each ordered pair: the block's bytes times the number of copies."""
    for source, target in permutations(range(world), 2):
        here = torch.ones(COPY_BYTES, dtype=torch.uint8, device=f"cuda:{source}")
        there = torch.empty(COPY_BYTES, dtype=torch.uint8, device=f"cuda:{target}")
        torch.cuda.synchronize(target)
        phase = _timed(lambda: _copy(here, there, source, target), seconds)  # noqa: B023  used within this turn
        assert torch.equal(there[:MIB].cpu(), here[:MIB].cpu()), "the block has not arrived"
        times = phase.pop("times")
        yield {"kind": "copy", "source": source, "target": target, "bytes": times * COPY_BYTES, **phase}
        time.sleep(PAUSE_S)


def _copy(here: torch.Tensor, there: torch.Tensor, source: int, target: int) -> None:
    there.copy_(here, non_blocking=True)
    torch.cuda.synchronize(source)
    torch.cuda.synchronize(target)


def _sums(world: int, seconds: float) -> dict[str, Any]:
    """All ranks as often as the slowest of them can; the bytes are those of one rank's block times the number."""
    block = torch.zeros(SUM_BYTES // 4, device="cuda")
    for _ in range(5):
        dist.all_reduce(block)
    torch.cuda.synchronize()
    began = time.monotonic()
    for _ in range(20):
        dist.all_reduce(block)
    torch.cuda.synchronize()
    pace = torch.tensor([(time.monotonic() - began) / 20], device="cuda")
    dist.all_reduce(pace, dist.ReduceOp.MAX)
    times = max(1, int(seconds / pace.item()))
    start = time.monotonic_ns()
    for _ in range(times):
        dist.all_reduce(block)
    torch.cuda.synchronize()
    stop = time.monotonic_ns()
    time.sleep(PAUSE_S)
    return {"kind": "all-reduce", "world": world, "bytes": times * SUM_BYTES, "start_ns": start, "stop_ns": stop}


def _timed(work: Callable[[], None], seconds: float) -> dict[str, Any]:
    work()
    start, times = time.monotonic_ns(), 0
    while time.monotonic_ns() - start < seconds * 1e9:
        work()
        times += 1
    return {"times": times, "start_ns": start, "stop_ns": time.monotonic_ns()}


def _write(out: Path, told: dict[str, Any]) -> None:
    with out.open("a") as file:
        file.write(json.dumps(told) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
