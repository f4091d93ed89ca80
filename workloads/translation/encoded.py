"""Sentences as piece ids: many of them in little memory, and padded to one length for a batch."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence

import numpy as np
import torch
from torch.nn.functional import pad
from torch.utils.data import Dataset

from workloads.translation.pieces import END, PAD


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
