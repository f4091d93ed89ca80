"""Sentence pairs packed into rows of one length, so that little of a batch is padding and all batches have one shape.

A row holds several pairs, one after the other, and as much padding as is left. Each pair is a segment of its own,
counted from 1; padding is segment 0. Attention stays within a segment, and positions begin anew in each.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch

from workloads.translation import data
from workloads.translation.encoded import Sentences
from workloads.translation.pieces import END, PAD, START


class Packed(NamedTuple):
    """One side of a row (L) or of a batch (N, L), all int64: piece ids, the segment of each, its place in it from 0."""

    ids: torch.Tensor
    segments: torch.Tensor
    positions: torch.Tensor


class Batch(NamedTuple):
    """`labels` (N, L) are the pieces that follow those of `target`, PAD where there is nothing to predict."""

    source: Packed
    target: Packed
    labels: torch.Tensor


class Rows(data.Rows[Batch]):
    """Rows of `length` positions on either side. One `seed` packs alike."""

    def __init__(self, sources: Sentences, targets: Sentences, length: int, seed: int) -> None:
        self._sources, self._targets, self._length = sources, targets, length
        # Each side has one piece more than its sentence: END behind the source, START before the target.
        taken = np.stack([sources.lengths, targets.lengths], axis=1) + 1
        fits = ((taken > 1) & (taken <= length)).all(axis=1)
        order: list[int] = np.flatnonzero(fits).tolist()
        random.Random(seed).shuffle(order)  # noqa: S311
        self._rows = pack(order, taken.tolist(), length)
        self.pairs = len(order)
        self.filled = float(taken[order, 1].sum()) / max(1, len(self._rows) * length)

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, index: int) -> Batch:
        row = self._rows[index]
        sources, targets = [self._sources[i] for i in row], [self._targets[i] for i in row]
        source = packed([[*ids, END] for ids in sources], self._length)
        target = packed([[START, *ids] for ids in targets], self._length)
        labels = packed([[*ids, END] for ids in targets], self._length)
        return Batch(source, target, labels.ids)


def pack(order: Sequence[int], taken: Sequence[Sequence[int]], length: int) -> list[list[int]]:
    """Indices by row: each goes into the open row while both its sides fit, else it opens the next one."""
    rows: list[list[int]] = []
    left = [0, 0]
    for index in order:
        left = [free - more for free, more in zip(left, taken[index], strict=True)]
        if min(left) < 0 or not rows:
            rows.append([])
            left = [length - more for more in taken[index]]
        rows[-1].append(index)
    return rows


def packed(sentences: Sequence[Sequence[int]], length: int) -> Packed:
    """The sentences one after the other in a row of `length`; they must fit."""
    ids, segments, positions = (np.full(length, PAD, np.int64) for _ in range(3))
    at = 0
    for number, sentence in enumerate(sentences, start=1):
        place = slice(at, at + len(sentence))
        ids[place], segments[place], positions[place] = sentence, number, np.arange(len(sentence))
        at += len(sentence)
    return Packed(*(torch.from_numpy(array) for array in (ids, segments, positions)))


def alone(ids: torch.Tensor) -> Packed:
    """Rows (N, L) of a single sentence each: what isn't PAD is segment 1."""
    return Packed(ids, (ids != PAD).long(), torch.arange(ids.shape[1], device=ids.device).expand_as(ids))


def one_a_row(source: torch.Tensor, target: torch.Tensor, labels: torch.Tensor) -> Batch:
    """Rows (N, L) of a single pair each."""
    return Batch(alone(source), alone(target), labels)


def to_device(batch: Batch, device: torch.device) -> Batch:
    """The batch on the device, without waiting for it; one that is there already comes back as it is."""
    source, target = (Packed(*(part.to(device, non_blocking=True) for part in side)) for side in batch[:2])
    return Batch(source, target, batch.labels.to(device, non_blocking=True))
