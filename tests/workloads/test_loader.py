"""The order of the training batches, and workers that go on from one epoch into the next."""

from __future__ import annotations

import gc
import multiprocessing
import os
from itertools import islice
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.utils.data import DataLoader, Dataset

from workloads.common.loader import Epochs, default_workers, for_evaluation, for_training, in_turn

CPU = torch.device("cpu")
PATIENCE_S = 20.0
"""How long a worker may take on a busy machine; no test waits that long when all is well."""


@pytest.mark.parametrize(
    ("cores", "here", "beside_gpu", "on_cpu"),
    [(1, 1, 1, 1), (2, 1, 1, 1), (16, 1, 14, 8), (128, 8, 14, 8), (64, 1, 16, 16)],
)
def test_how_many_load(monkeypatch: pytest.MonkeyPatch, cores: int, here: int, beside_gpu: int, on_cpu: int) -> None:
    """By the cores that this process may use and the ranks that share them."""
    monkeypatch.setattr(os, "sched_getaffinity", lambda _pid: set(range(cores)))
    monkeypatch.setenv("LOCAL_WORLD_SIZE", str(here))
    assert (default_workers("cuda"), default_workers("cpu")) == (beside_gpu, on_cpu)


class Numbers(Dataset[int]):
    """Each sample is its own index."""

    def __init__(self, size: int) -> None:
        self._size = size

    def __len__(self) -> int:
        return self._size

    def __getitem__(self, index: int) -> int:
        return index


class Asked(Numbers):
    """Says which samples were asked for, from a worker too."""

    def __init__(self, size: int) -> None:
        super().__init__(size)
        self.queue: multiprocessing.Queue[int] = multiprocessing.Queue()

    def __getitem__(self, index: int) -> int:
        self.queue.put(index)
        return index


class Diced(Numbers):
    """Augmented at random, by the dice of whoever loads."""

    def __getitem__(self, index: int) -> int:
        return int(torch.randint(0, 2**40, ()))


class Growing(Dataset[torch.Tensor]):
    """Each sample is as long as its index."""

    def __init__(self, size: int) -> None:
        self._size = size

    def __len__(self) -> int:
        return self._size

    def __getitem__(self, index: int) -> torch.Tensor:
        return torch.zeros(index)


class Broken(Numbers):
    """One sample can't be read."""

    def __getitem__(self, index: int) -> int:
        if index == 3:
            raise OSError("no such sample")
        return index


def orders(epochs: Epochs[Any] | DataLoader[Any], times: int) -> list[list[list[int]]]:
    """The batches' samples, by epoch."""
    return [[batch.tolist() for batch in epochs] for _ in range(times)]


@given(st.integers(1, 40), st.integers(1, 40), st.integers(1, 4), st.integers(0, 2**63 - 1))
def test_an_epoch_takes_every_sample_at_most_once(size: int, batch: int, epochs: int, seed: int) -> None:
    """As many whole batches as there are, no sample twice; all of them where they fill the batches."""
    batch = min(batch, size)
    for epoch in orders(for_training(Numbers(size), batch, epochs, 0, CPU, seed), epochs):
        assert [len(samples) for samples in epoch] == [batch] * (size // batch)
        taken = [sample for samples in epoch for sample in samples]
        assert len(set(taken)) == len(taken)
        assert set(taken) <= set(range(size))
        assert len(taken) == size - size % batch


@given(st.integers(1, 40), st.integers(1, 40), st.integers(0, 2**63 - 1))
def test_one_seed_one_order(size: int, batch: int, seed: int) -> None:
    """Of all epochs, however it is asked."""
    first, again = (for_training(Numbers(size), min(batch, size), 3, 0, CPU, seed) for _ in range(2))
    assert orders(first, 3) == orders(again, 3)


def test_seeds_and_epochs_differ() -> None:
    """Among 100! orders no two meet."""
    found = [
        *orders(for_training(Numbers(100), 10, 3, 0, CPU, 1), 3),
        *orders(for_training(Numbers(100), 10, 1, 0, CPU, 2), 1),
    ]
    assert all(a != b for i, a in enumerate(found) for b in found[:i])


@pytest.mark.parametrize("dataset", [Numbers(14), Diced(14)])
def test_one_seed_one_order_and_one_augmentation(dataset: Dataset[int]) -> None:
    """The number of workers changes nothing, not even none; each epoch is another, and no two samples are alike."""
    expected = orders(for_training(dataset, 4, 3, 0, CPU, 5), 3)
    for workers in (1, 2):
        assert orders(for_training(dataset, 4, 3, workers, CPU, 5), 3) == expected
    assert expected[0] != expected[1] != expected[2]
    assert all(len({sample for batch in epoch for sample in batch}) == 12 for epoch in expected)


def test_the_models_dice_are_left_alone() -> None:
    """Loading in the training process itself changes no weight and no dropout."""
    torch.manual_seed(3)
    expected = torch.rand(1)
    torch.manual_seed(3)
    orders(for_training(Diced(10), 2, 1, 0, CPU, 4), 1)
    assert torch.equal(torch.rand(1), expected)


@pytest.mark.parametrize("taken", [0, 1, 3, 4, 7])
def test_a_run_that_goes_on_skips_what_it_has_had(taken: int) -> None:
    """In mid-epoch too: what is left of it comes first, then whole ones."""
    whole = [batch for epoch in orders(for_training(Diced(8), 2, 3, 0, CPU, 4), 3) for batch in epoch]
    later = for_training(Diced(8), 2, 3, 0, CPU, 4)
    later.skip(taken)
    left = orders(later, 3)
    assert [batch for epoch in left for batch in epoch] == whole[taken:]
    assert len(left[0]) == 4 - taken % 4


@pytest.mark.parametrize("accumulate", [1, 2])
def test_ranks_share_an_epoch(monkeypatch: pytest.MonkeyPatch, accumulate: int) -> None:
    """Each sample goes to one of them; all have as many batches, a multiple of a step's."""
    monkeypatch.setenv("WORLD_SIZE", "3")
    taken = []
    for rank in range(3):
        monkeypatch.setenv("RANK", str(rank))
        epochs = for_training(Numbers(40), 2, 2, 0, CPU, 4, accumulate)
        assert epochs.batches == 6
        taken.append([sample for batch in orders(epochs, 1)[0] for sample in batch])
    assert len({sample for mine in taken for sample in mine}) == 36


def test_ranks_take_turns_at_ready_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two ranks, two batches an epoch each, from the second one on."""
    monkeypatch.setenv("WORLD_SIZE", "2")
    monkeypatch.setenv("RANK", "1")
    epochs = in_turn(Numbers(8), 2, 2, 0, CPU, 4)
    epochs.skip(1)
    assert orders(epochs, 2) == [[[3]], [[5], [7]]]


def test_the_next_epoch_is_asked_for_before_this_one_ends() -> None:
    """One worker, two batches an epoch: with the first in hand the third is on its way, and it is the next epoch's."""
    dataset = Asked(4)
    epochs = for_training(dataset, 2, 2, 1, CPU, 1)
    epoch = iter(epochs)
    taken = next(epoch).tolist()
    asked = [dataset.queue.get(timeout=PATIENCE_S) for _ in range(6)]
    assert asked[:2] == taken
    assert sorted(asked[:4]) == [0, 1, 2, 3]
    assert [batch.tolist() for batch in epoch] == [asked[2:4]]
    assert next(iter(epochs)).tolist() == asked[4:]


def test_nothing_is_loaded_beyond_the_last_epoch() -> None:
    """So no worker is busy when a run ends."""
    dataset = Asked(4)
    epochs = for_training(dataset, 2, 2, 1, CPU, 1)
    orders(epochs, 2)
    assert orders(epochs, 1) == [[]]
    del epochs
    assert len([dataset.queue.get(timeout=PATIENCE_S) for _ in range(8)]) == 8
    assert dataset.queue.empty()


def test_no_worker_before_the_first_batch_and_none_after_the_last() -> None:
    """Left in mid-epoch with batches under way: the workers end with the last reference, none waits for them."""
    before = set(multiprocessing.active_children())
    epochs = for_training(Numbers(40), 2, 5, 2, CPU, 1)
    assert set(multiprocessing.active_children()) <= before
    assert len(list(islice(epochs, 3))) == 3
    assert len(set(multiprocessing.active_children()) - before) == 2
    del epochs
    gc.collect()
    assert set(multiprocessing.active_children()) <= before


@pytest.mark.parametrize("workers", [0, 1])
def test_an_error_comes_with_its_own_batch(workers: int) -> None:
    """Loaded beforehand or not, the batches before it are handed out first."""
    good = []
    with pytest.raises(OSError, match="no such sample"):
        for batch in for_training(Broken(8), 1, 1, workers, CPU, 1):
            good.append(int(batch))  # noqa: PERF401
    whole = [int(batch) for batch in for_training(Numbers(8), 1, 1, 0, CPU, 1)]
    assert good == whole[: whole.index(3)]


def test_evaluation_takes_all_in_order_each_time() -> None:
    """To the last sample, though it doesn't fill a batch."""
    assert orders(for_evaluation(Numbers(5), 2, 1, CPU, 1), 2) == [[[0, 1], [2, 3], [4]]] * 2


@pytest.mark.parametrize("workers", [0, 1])
def test_samples_of_other_sizes_make_a_list(workers: int) -> None:
    """They can't be stacked, so they lie side by side."""
    sizes = [len(sample) for batch in for_evaluation(Growing(5), 2, workers, CPU, 1, list) for sample in batch]
    assert sizes == [0, 1, 2, 3, 4]
    [batch] = for_training(Growing(5), 5, 1, workers, CPU, 1, collate=list)
    assert sorted(len(sample) for sample in batch) == sizes
