"""Which device this process trains on, and how it is named."""

from __future__ import annotations

import os

import torch

from workloads.common.options import Refusal
from workloads.common.ranks import ranks


def pick(asked: str) -> torch.device:
    """The device that `auto`, `cpu`, `cuda` or `cuda:N` means here, made current. Raises Refusal when it isn't there.

    Without an index a process takes the GPU of its local rank, as torchrun tells it.
    """
    if asked == "cpu" or (asked == "auto" and not torch.cuda.is_available()):
        return torch.device("cpu")
    count = torch.cuda.device_count() if torch.cuda.is_available() else 0
    index = int(asked.partition(":")[2] or os.environ.get("LOCAL_RANK", "0"))
    if ranks().here > max(count, 1):  # all ranks refuse: the first one says it
        raise Refusal(f"--gpus {ranks().here} is more than the GPUs here: torch sees {count}")
    if index >= count:
        raise Refusal(f"there is no GPU {index} here for --device {asked}: torch sees {count or 'none'}")
    torch.cuda.set_device(index)
    return torch.device("cuda", index)


def share_cores(device: torch.device, workers: int) -> None:
    """On a CPU, compute on the cores that the loader's `workers` leave, at least one; OMP_NUM_THREADS overrides it.

    Threads that meet a few hundred times a step lose far more than a core's worth when any of them has to wait for
    its core: on two cores with other programs on them, two threads went at 19 to 110 images/s and one at 130 to 200.
    """
    _use_cores(device, max(1, len(os.sched_getaffinity(0)) // ranks().here - max(1, workers)))


def take_all_cores(device: torch.device) -> None:
    """On a CPU, compute on every core: for a kernel that is measured alone. OMP_NUM_THREADS overrides it."""
    _use_cores(device, len(os.sched_getaffinity(0)))


def _use_cores(device: torch.device, cores: int) -> None:
    if device.type == "cpu" and "OMP_NUM_THREADS" not in os.environ:
        torch.set_num_threads(cores)


def describe(device: torch.device) -> str:
    """A name for people, such as `NVIDIA H100 80GB HBM3` or `CPU, 2 threads`."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    threads = torch.get_num_threads()
    return f"CPU, {threads} thread{'s' if threads > 1 else ''}"
