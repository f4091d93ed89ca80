"""Where and how a run computes, settled from its options: device, precision, loader workers, torch's switches."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from workloads.common.device import pick, share_cores
from workloads.common.loader import default_workers
from workloads.common.options import Options
from workloads.common.precision import Precision, resolve
from workloads.common.refusals import refuse_compile


@dataclass(frozen=True, slots=True)
class Setting:
    """`workers` is the number of processes that load data."""

    device: torch.device
    precision: Precision
    workers: int


def settle(options: Options) -> Setting:
    """What the options mean here. Raises Refusal for what the device can't do."""
    device = pick(options.device)
    precision = resolve(options.precision, device)
    if options.compile:
        refuse_compile(device.type)
    workers = default_workers(device.type) if options.workers is None else options.workers
    share_cores(device, workers)
    torch.backends.cudnn.benchmark = options.cudnn_benchmark
    torch.use_deterministic_algorithms(options.deterministic)
    return Setting(device, precision, workers)
