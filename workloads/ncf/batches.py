"""Batches as the loader's workers make them, each a whole one: clicks with fresh negatives, and candidates to rank.

One sample a call would take the host longer than the model takes. What a batch holds depends on its number and the
seed alone, not on the worker that makes it.
"""

from __future__ import annotations

import math
from typing import TypeAlias

import numpy as np
import torch
from torch.utils.data import Dataset

from workloads.common.repeated import Repeated
from workloads.ncf.interactions import Ids, Interactions, contains

NEGATIVES = 4
"""To each click in training (He et al., section 4.1; the reference's `--negative-samples`)."""

Batch: TypeAlias = tuple[torch.Tensor, torch.Tensor, torch.Tensor]
"""Users (N) int32, items (N) int32, and whether it was a click, 1 or 0 (N) float32; from the loader (1, N) each."""

Candidates: TypeAlias = tuple[torch.Tensor, torch.Tensor, torch.Tensor]
"""Users (U) int32, items (U, 1 + negatives) int32, and which of them was clicked (U, 1 + negatives) bool."""

CANDIDATE_SEED = 1000
"""One draw for every run and every epoch, whatever the --seed: results stay comparable."""


class Training(Dataset[Batch]):
    """The batches of all epochs one after the other, `batches` an epoch; what doesn't fill a batch is left out.

    In an epoch each click comes once and NEGATIVES items that its user didn't click with it, so a batch is of any
    size. The user's held-out click may be among them: training doesn't know of it.
    """

    def __init__(self, clicks: Interactions, batch: int, batches: int, epochs: int, seed: int) -> None:
        self._clicks, self._batch, self._epochs, self._seed = clicks, batch, epochs, seed
        self._keys = clicks.keys()
        self._batches = batches
        self._order: tuple[int, np.ndarray] = (-1, np.empty(0))

    def __len__(self) -> int:
        return self._epochs * self._batches

    def __getitem__(self, number: int) -> Batch:
        epoch, step = divmod(number, self._batches)
        click, which = np.divmod(np.arange(step * self._batch, (step + 1) * self._batch), 1 + NEGATIVES)
        chosen = self._epoch_order(epoch)[click]
        users, items, negative = self._clicks.users[chosen], self._clicks.items[chosen], which > 0
        items[negative] = self._not_clicked(users[negative], np.random.default_rng((self._seed, epoch, 1 + step)))
        return torch.from_numpy(users), torch.from_numpy(items), torch.from_numpy((~negative).astype(np.float32))

    def _epoch_order(self, epoch: int) -> np.ndarray:
        """The order of the clicks in an epoch; kept until the next one."""
        if self._order[0] != epoch:
            dice = np.random.default_rng((self._seed, epoch, 0))
            self._order = (epoch, dice.permutation(len(self._clicks.users)))
        return self._order[1]

    def _not_clicked(self, users: Ids, dice: np.random.Generator) -> Ids:
        """An item for each of `users` that it didn't click; those that it did are drawn again."""
        items = dice.integers(self._clicks.item_count, size=len(users), dtype=np.int32)
        again = np.arange(len(users))
        while len(again := again[contains(self._keys, self._clicks.key(users[again], items[again]))]):
            items[again] = dice.integers(self._clicks.item_count, size=len(again), dtype=np.int32)
        return items


class Ranking(Dataset[Candidates]):
    """`at_once` users a batch, and for each its held-out click among `negatives` different items never clicked.

    The click stands at a place by chance among them, so that a model which gives all the same score gains nothing.
    """

    def __init__(self, every: Interactions, held_out: Interactions, negatives: int, at_once: int) -> None:
        self._every, self._held_out, self._negatives, self._at_once = every, held_out, negatives, at_once
        self._starts = np.searchsorted(every.users, np.arange(every.user_count + 1))

    def __len__(self) -> int:
        return math.ceil(len(self._held_out.users) / self._at_once)

    def __getitem__(self, number: int) -> Candidates:
        if number >= len(self):
            raise IndexError(number)
        part = slice(number * self._at_once, (number + 1) * self._at_once)
        users, clicked = self._held_out.users[part], self._held_out.items[part]
        dice = np.random.default_rng((CANDIDATE_SEED, number))
        items = np.column_stack((clicked, self._never_clicked(users, dice)))
        places = dice.permuted(np.broadcast_to(np.arange(items.shape[1]), items.shape), axis=1)
        ranked = np.take_along_axis(items, places, axis=1)
        return torch.from_numpy(users), torch.from_numpy(ranked), torch.from_numpy(places == 0)

    def _never_clicked(self, users: Ids, dice: np.random.Generator) -> Ids:
        """Items (U, negatives): those with the smallest of random numbers, where clicked ones have the largest."""
        draw = dice.random((len(users), self._every.item_count), np.float32)
        for row, user in zip(draw, users, strict=True):
            row[self._every.items[self._starts[user] : self._starts[user + 1]]] = 2
        return np.argpartition(draw, self._negatives - 1, axis=1)[:, : self._negatives].astype(np.int32)


def samples(clicks: Interactions) -> int:
    """What an epoch trains on: clicks and their negatives."""
    return (1 + NEGATIVES) * len(clicks.users)


def noise(batch: int, users: int, items: int, times: int, device: torch.device, seed: int) -> Repeated[Batch]:
    """One batch on the device, handed out over and over: no loading, no copy, nothing to learn."""
    dice = torch.Generator(device).manual_seed(seed)
    user, item = (
        torch.randint(count, (batch,), dtype=torch.int32, device=device, generator=dice) for count in (users, items)
    )
    clicked = torch.arange(batch, device=device) % (1 + NEGATIVES) == 0
    return Repeated((user, item, clicked.float()), times)
