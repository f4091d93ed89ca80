"""How long a kernel takes: as often as it takes to be sure of it, on the device's own clock."""

from __future__ import annotations

import time
from collections.abc import Callable

import torch

WARM_UPS = 3
LEAST_S = 0.1
MOST_REPEATS = 400
"""DeepBench repeats a GEMM 400 times (baidu-research/DeepBench, code/nvidia); here it stops after a tenth of a second
too, since more tells nothing new of a large one."""


def seconds(work: Callable[[], object], device: torch.device, most_repeats: int = MOST_REPEATS) -> float:
    """Seconds that `work` takes, a mean over repeats after a warm-up. Waits for the device."""
    for _ in range(WARM_UPS):
        work()
    repeats = repeats_for(timed(work, 1, device), most_repeats)
    return timed(work, repeats, device) / repeats


def repeats_for(once: float, most: int) -> int:
    """How often to repeat what takes `once` seconds: for `LEAST_S` together, at least once and `most` times at most."""
    return max(1, min(most, round(LEAST_S / max(once, 1e-9))))


def timed(work: Callable[[], object], repeats: int, device: torch.device) -> float:
    """Seconds that so many repeats take together, on the device's own clock."""
    return (_on_gpu if device.type == "cuda" else _on_cpu)(work, repeats)


def _on_gpu(work: Callable[[], object], repeats: int) -> float:
    """Between two events in the stream: what the host needs to launch the work isn't in it, unless it is more."""
    start, stop = (torch.cuda.Event(enable_timing=True) for _ in range(2))  # type: ignore[no-untyped-call]
    start.record()
    for _ in range(repeats):
        work()
    stop.record()
    stop.synchronize()
    return float(start.elapsed_time(stop)) / 1000


def _on_cpu(work: Callable[[], object], repeats: int) -> float:
    began = time.perf_counter()
    for _ in range(repeats):
        work()
    return time.perf_counter() - began
