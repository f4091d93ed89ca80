"""Sentence pairs in rows of one length, a pair a row and padding behind it: all batches have one shape."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch

from workloads.translation import data
from workloads.translation.encoded import Sentences, padded
from workloads.translation.pieces import END, START


class Batch(NamedTuple):
    """Piece ids of a row (L) or of a batch (N, L): `labels` are those that follow those of `target`, PAD where none."""

    source: torch.Tensor
    target: torch.Tensor
    labels: torch.Tensor


class Rows(data.Rows[Batch]):
    """Rows of `length` positions on either side."""

    def __init__(self, sources: Sentences, targets: Sentences, length: int) -> None:
        self._sources, self._targets, self._length = sources, targets, length
        # END goes behind the source, START before the target.
        taken = np.stack([sources.lengths, targets.lengths], axis=1) + 1
        self._kept = np.flatnonzero(((taken > 1) & (taken <= length)).all(axis=1))
        self.pairs = len(self._kept)
        self.filled = float(taken[self._kept, 1].sum()) / max(1, self.pairs * length)

    def __len__(self) -> int:
        return self.pairs

    def __getitem__(self, row: int) -> Batch:
        index = int(self._kept[row])
        source, target = self._sources[index], self._targets[index]
        return Batch(*(padded(ids, self._length) for ids in ([*source, END], [START, *target], [*target, END])))


def to_device(batch: Batch, device: torch.device) -> Batch:
    """The batch on the device, without waiting for it; one that is there already comes back as it is."""
    return Batch(*(part.to(device, non_blocking=True) for part in batch))
