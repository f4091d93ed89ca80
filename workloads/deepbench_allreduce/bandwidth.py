"""What an all-reduce's time says of the links, as nccl-tests counts it (NVIDIA/nccl-tests, doc/PERFORMANCE.md)."""

from __future__ import annotations

from collections.abc import Callable

import torch

from workloads.common.group import Alone
from workloads.common.ranks import ranks
from workloads.deepbench.gauge import Gauge
from workloads.deepbench.timing import WARM_UPS, repeats_for, timed
from workloads.deepbench_allreduce.problems import Reduction

GIGA = 1e9
MOST_REPEATS = 10_000
"""DeepBench repeats the four smaller sizes 10,000 times and the larger ones 1,000 times."""


def algorithm(size: int, seconds: float) -> float:
    """GB/s: the bytes of one rank over the time."""
    return size / seconds / GIGA


def bus(size: int, seconds: float, world: int) -> float:
    """GB/s that each rank's link carries, which is the same for any number of ranks on links that are the same.

    Each of n ranks has to send and to receive 2(n - 1)/n of its bytes at least.
    """
    return algorithm(size, seconds) * 2 * (world - 1) / world


class Bandwidth(Gauge[Reduction]):
    """The slowest rank's time; the rate is the bus bandwidth."""

    unit = "GB/s"

    def seconds(self, work: Callable[[], object], device: torch.device, group: Alone) -> float:
        """All ranks repeat it equally often: one that did once more would wait for the others for ever."""
        for _ in range(WARM_UPS):
            work()
        repeats = repeats_for(max(group.each(timed(work, 1, device))), MOST_REPEATS)
        return max(group.each(timed(work, repeats, device))) / repeats

    def rate(self, problem: Reduction, seconds: float) -> float:
        return bus(problem.size, seconds, ranks().world)

    def told(self, problem: Reduction, seconds: float) -> str:
        """Both bandwidths."""
        return f"algorithm {algorithm(problem.size, seconds):8.3f} GB/s  bus {self.rate(problem, seconds):8.3f} GB/s"
