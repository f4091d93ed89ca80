"""DataLoaders as every workload wants them: seeded, persistent, pinned for a GPU, deaf to the signals of a stop."""

from __future__ import annotations

import os
from typing import Any

import torch
from torch.utils.data import DataLoader, Dataset

from workloads.common.stop import outlive_the_loop

MOST_WORKERS = 8


def default_workers() -> int:
    """Half the cores that this process may use, from 1 to 8."""
    return max(1, min(MOST_WORKERS, len(os.sched_getaffinity(0)) // 2))


def batches_ahead(batches: DataLoader[Any]) -> int:
    """How many batches its workers prepare beforehand at most; 0 when there are none."""
    return batches.num_workers * (batches.prefetch_factor or 0)


def loader(
    dataset: Dataset[Any], batch: int, workers: int, device: torch.device, seed: int, train: bool
) -> DataLoader[Any]:
    """Batches of `dataset`: for training shuffled and whole, for evaluation in order and to the last sample.

    One `seed` gives one order and, since it seeds the workers too, one augmentation, for a given number of workers.
    """
    return DataLoader(
        dataset,
        batch_size=batch,
        shuffle=train,
        drop_last=train,
        num_workers=workers,
        persistent_workers=workers > 0,
        worker_init_fn=outlive_the_loop,
        pin_memory=device.type == "cuda",
        generator=torch.Generator().manual_seed(seed),
    )
