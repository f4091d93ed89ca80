"""DataLoaders as every workload wants them: seeded, persistent, pinned for a GPU, deaf to the signals of a stop."""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import cached_property
from itertools import chain, islice, repeat
from typing import Any, Generic, TypeVar

import torch
from torch.utils.data import BatchSampler, DataLoader, Dataset, RandomSampler

from workloads.common.stop import outlive_the_loop

T = TypeVar("T")

MOST_WORKERS = 8


def default_workers() -> int:
    """Half the cores that this process may use, from 1 to 8."""
    return max(1, min(MOST_WORKERS, len(os.sched_getaffinity(0)) // 2))


class Epochs(Generic[T]):
    """Batches for training: each `for` loop over them is one epoch of `steps` batches.

    A DataLoader asked anew each epoch has its workers stand still while the epoch's last batches are trained on, and
    training then waits for the first ones. So it is asked once for the batches of all epochs, and its workers go on
    into the next one. After a loop that was left early the next one would begin in mid-epoch; after the last epoch
    there is nothing.
    """

    def __init__(self, batches: DataLoader[T], steps: int) -> None:
        self._batches = batches
        self._steps = steps

    @property
    def ahead(self) -> int:
        """How many batches the workers prepare beforehand at most; 0 when there are none."""
        return self._batches.num_workers * (self._batches.prefetch_factor or 0)

    def __iter__(self) -> Iterator[T]:
        return islice(self._all, self._steps)

    @cached_property
    def _all(self) -> Iterator[T]:
        return iter(self._batches)


def for_training(
    dataset: Dataset[Any], batch: int, epochs: int, workers: int, device: torch.device, seed: int
) -> Epochs[Any]:
    """Whole batches of `dataset`, each epoch in an order of its own; what doesn't fill a batch is left out.

    One `seed` gives one order and, since it seeds the workers too, one augmentation, for a given number of workers.
    """
    dice = torch.Generator().manual_seed(seed)
    epoch = BatchSampler(RandomSampler(dataset, generator=dice), batch, drop_last=True)  # type: ignore[arg-type]
    every = chain.from_iterable(repeat(epoch, epochs))
    return Epochs(_loader(dataset, workers, device, dice, batch_sampler=every), len(epoch))


def for_evaluation(dataset: Dataset[Any], batch: int, workers: int, device: torch.device, seed: int) -> DataLoader[Any]:
    """Batches of `dataset` in order and to the last sample, in each `for` loop the same."""
    return _loader(dataset, workers, device, torch.Generator().manual_seed(seed), batch_size=batch)


def _loader(
    dataset: Dataset[Any], workers: int, device: torch.device, dice: torch.Generator, **batches: Any
) -> DataLoader[Any]:
    return DataLoader(
        dataset,
        num_workers=workers,
        persistent_workers=workers > 0,
        worker_init_fn=outlive_the_loop,
        pin_memory=device.type == "cuda",
        generator=dice,
        **batches,
    )
