"""Sentence pairs in rows of one length, a pair a row and padding behind it: all batches have one shape."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch.nn.functional import pad
from torch.utils.data import Dataset

from workloads.translation.pieces import END, PAD, START


class Batch(NamedTuple):
    """Piece ids of a row (L) or of a batch (N, L): `labels` are those that follow those of `target`, PAD where none."""

    source: torch.Tensor
    target: torch.Tensor
    labels: torch.Tensor


class Sentences:
    """Many sentences' piece ids in one array: as Python lists they would take ten times the memory."""

    def __init__(self, sentences: Iterable[Sequence[int]]) -> None:
        ids, lengths = array("i"), array("q")
        for sentence in sentences:
            ids.extend(sentence)
            lengths.append(len(sentence))
        self._ids, self.lengths = np.array(ids, np.int32), np.array(lengths, np.int64)
        self._ends = np.cumsum(self.lengths)

    def __getitem__(self, index: int) -> list[int]:
        end = int(self._ends[index])
        ids: list[int] = self._ids[end - int(self.lengths[index]) : end].tolist()
        return ids


class Rows(Dataset[Batch]):
    """Rows of `length` positions on either side. Pairs that are longer, or empty on a side, are left out.

    `filled` says which share of the target positions isn't padding.
    """

    def __init__(self, sources: Sentences, targets: Sentences, length: int) -> None:
        self._sources, self._targets, self._length = sources, targets, length
        # END goes behind the source, START before the target.
        taken = np.stack([sources.lengths, targets.lengths], axis=1) + 1
        self._kept = np.flatnonzero(((taken > 1) & (taken <= length)).all(axis=1))
        self.filled = float(taken[self._kept, 1].sum()) / max(1, len(self._kept) * length)

    def __len__(self) -> int:
        return len(self._kept)

    def __getitem__(self, row: int) -> Batch:
        index = int(self._kept[row])
        source, target = self._sources[index], self._targets[index]
        return Batch(*(padded(ids, self._length) for ids in ([*source, END], [START, *target], [*target, END])))


class Sources(Dataset[torch.Tensor]):
    """Sentences with their END, each padded to the longest."""

    def __init__(self, encoded: Sequence[Sequence[int]]) -> None:
        self._encoded = encoded
        self._length = max(len(ids) for ids in encoded) + 1

    def __len__(self) -> int:
        return len(self._encoded)

    def __getitem__(self, index: int) -> torch.Tensor:
        return padded([*self._encoded[index], END], self._length)


def padded(ids: Sequence[int], length: int) -> torch.Tensor:
    """The ids with PAD behind them, up to `length`."""
    return pad(torch.tensor(ids), (0, length - len(ids)), value=PAD)


def to_device(batch: Batch, device: torch.device) -> Batch:
    """The batch on the device, without waiting for it; one that is there already comes back as it is."""
    return Batch(*(part.to(device, non_blocking=True) for part in batch))
