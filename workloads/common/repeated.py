"""One batch, over and over: what synthetic data are, without loading and without anything to learn."""

from __future__ import annotations

import itertools
from typing import Generic, TypeVar

Batch = TypeVar("Batch")


class Repeated(Generic[Batch]):
    """The same batch, `times` times an epoch."""

    def __init__(self, batch: Batch, times: int) -> None:
        self._batch = batch
        self._times = times

    def __iter__(self) -> itertools.repeat[Batch]:
        return itertools.repeat(self._batch, self._times)
