"""One batch, over and over: what synthetic data are, without loading and without anything to learn."""

from __future__ import annotations

import itertools
from typing import Generic, TypeVar

Batch = TypeVar("Batch")


class Repeated(Generic[Batch]):
    """The same batch, `times` times an epoch."""

    def __init__(self, batch: Batch, times: int) -> None:
        self.batches = times
        self._batch = batch
        self._first = 0

    def skip(self, batches: int) -> None:
        """Leave out so many batches: they have been trained on."""
        self._first = batches

    def __iter__(self) -> itertools.repeat[Batch]:
        left, self._first = self.batches - self._first % self.batches, 0
        return itertools.repeat(self._batch, left)
