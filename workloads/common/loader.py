"""DataLoaders as every workload wants them: seeded, persistent, pinned for a GPU, deaf to the signals of a stop."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property, partial
from itertools import islice
from typing import Any, Generic, TypeAlias, TypeVar

import torch
from torch.utils.data import DataLoader, Dataset, get_worker_info

from workloads.common.ranks import Ranks, ranks, replicas
from workloads.common.stop import outlive_the_loop

T = TypeVar("T")
Collate: TypeAlias = Callable[[list[Any]], Any] | None
"""Makes a batch of its samples; None stacks them, as torch does."""

MOST_WORKERS = 16
LEFT_ALONE = 2
"""Cores beside a GPU that no loader takes: for the training's own thread, and for autograd's or pinning."""

SEEDS = 2**63


def default_workers(kind: str) -> int:
    """From 1 to 16, of the cores that this process may use, shared with the other ranks here.

    Beside a GPU all but two, since it waits for whatever isn't decoded in time; on a CPU half, since the rest trains.
    """
    cores = len(os.sched_getaffinity(0)) // ranks().here
    return max(1, min(MOST_WORKERS, cores // 2 if kind == "cpu" else cores - LEFT_ALONE))


class Epochs(Generic[T]):
    """Batches for training: each `for` loop over them is one epoch of `batches` batches.

    A DataLoader asked anew each epoch has its workers stand still while the epoch's last batches are trained on, and
    training then waits for the first ones. So it is asked once for the batches of all epochs, and its workers go on
    into the next one. After a loop that was left early the next one would begin in mid-epoch; after the last epoch
    there is nothing. `load` makes the loader of all batches from the one of that number on.
    """

    def __init__(self, load: Callable[[int], DataLoader[T]], batches: int) -> None:
        self.batches = batches
        self._load = load
        self._first = 0

    @property
    def ahead(self) -> int:
        """How many batches the workers prepare beforehand at most; 0 when there are none."""
        return self._loader.num_workers * (self._loader.prefetch_factor or 0)

    def skip(self, batches: int) -> None:
        """Leave out so many batches, counted through all epochs: they have been trained on. Before the first loop."""
        self._first = batches
        self._loader = self._load(batches)

    def __iter__(self) -> Iterator[T]:
        left, self._first = self.batches - self._first % self.batches, 0
        return islice(self._all, left)

    @cached_property
    def _loader(self) -> DataLoader[T]:
        return self._load(self._first)

    @cached_property
    def _all(self) -> Iterator[T]:
        return iter(self._loader)


def whole_batches(samples: int, batch: int, accumulate: int = 1) -> int:
    """How many batches of an epoch a rank gets, a multiple of `accumulate`: what doesn't fill a step is left out."""
    return samples // (batch * replicas(accumulate)) * accumulate


@dataclass(frozen=True, slots=True)
class Shuffled:
    """The samples of each batch of one rank, from batch `first` on, each epoch in an order of its own.

    A sample is told by its number among all that the run takes, and its place in the data set.
    """

    samples: int
    batch: int
    batches: int
    epochs: int
    seed: int
    ranks: Ranks
    first: int

    def __iter__(self) -> Iterator[list[tuple[int, int]]]:
        for epoch in range(self.first // self.batches, self.epochs):
            dice = torch.Generator().manual_seed(hash((self.seed, epoch)) % SEEDS)
            order = torch.randperm(self.samples, generator=dice)
            for number in range(max(0, self.first - epoch * self.batches), self.batches):
                start = (number * self.ranks.world + self.ranks.rank) * self.batch
                serial = epoch * self.samples + start
                places = order[start : start + self.batch].tolist()
                yield list(enumerate(places, serial))


class Seeded(Dataset[T]):
    """A data set whose augmentation depends on the seed and the sample's number alone, whichever worker loads it."""

    def __init__(self, dataset: Dataset[T], seed: int) -> None:
        self._dataset = dataset
        self._seed = seed

    def __getitem__(self, numbered: tuple[int, int]) -> T:
        number, index = numbered
        dice = torch.default_generator
        before = dice.get_state() if get_worker_info() is None else None  # then they are the model's dice as well
        dice.manual_seed(hash((self._seed, number)) % SEEDS)
        sample = self._dataset[index]
        if before is not None:
            dice.set_state(before)
        return sample


def for_training(
    dataset: Dataset[Any],
    batch: int,
    epochs: int,
    workers: int,
    device: torch.device,
    seed: int,
    accumulate: int = 1,
    collate: Collate = None,
) -> Epochs[Any]:
    """Whole batches of `dataset` for this rank, each epoch in an order of its own; `accumulate` of them make a step.

    One `seed` gives one order and one augmentation by torch's dice, for any number of workers. What doesn't fill a
    step of all ranks is left out.
    """
    samples = len(dataset)  # type: ignore[arg-type]  # torch has no length in its type
    batches = whole_batches(samples, batch, accumulate)
    order = partial(Shuffled, samples, batch, batches, epochs, seed, ranks())
    seeded = Seeded(dataset, seed)
    return Epochs(lambda first: _loader(seeded, workers, device, seed, collate, batch_sampler=order(first)), batches)


def in_turn(
    dataset: Dataset[Any], batches: int, epochs: int, workers: int, device: torch.device, seed: int
) -> Epochs[Any]:
    """A data set whose items are batches already, `batches` an epoch for each rank: they take turns."""
    mine = ranks()

    def numbers(first: int) -> Iterable[int]:
        return range(first * mine.world + mine.rank, epochs * batches * mine.world, mine.world)

    return Epochs(
        lambda first: _loader(dataset, workers, device, seed, None, batch_size=1, sampler=numbers(first)), batches
    )


def for_evaluation(
    dataset: Dataset[Any], batch: int, workers: int, device: torch.device, seed: int, collate: Collate = None
) -> DataLoader[Any]:
    """Batches of `dataset` in order and to the last sample, in each `for` loop the same."""
    return _loader(dataset, workers, device, seed, collate, batch_size=batch)


def _loader(
    dataset: Dataset[Any], workers: int, device: torch.device, seed: int, collate: Collate, **batches: Any
) -> DataLoader[Any]:
    return DataLoader(
        dataset,
        num_workers=workers,
        persistent_workers=workers > 0,
        worker_init_fn=outlive_the_loop,
        pin_memory=device.type == "cuda",
        generator=torch.Generator().manual_seed(seed),
        collate_fn=collate,
        **batches,
    )
