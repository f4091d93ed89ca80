"""A loss that is no number any more."""

from __future__ import annotations

import math
from collections.abc import Iterator

from mlperf_tui.records import Late

KIND = "loss-not-finite"
FINE_STEPS = 100
"""After so many finite losses in a row a rank is well again, and the next one that isn't begins a new alarm."""


class Losses:
    """One alarm for all ranks: where they exchange gradients, all of them are struck at once.

    A step that a loss scaler skipped is how it finds its scale, and none.
    """

    def __init__(self) -> None:
        self._fine_steps: dict[int, int] = {}
        self._several = False
        self._begun: tuple[int, Late] | None = None

    def see(self, rank: int, late: Late) -> None:
        loss = late.loss
        self._several = self._several or rank > 0
        if loss is None or late.skipped:
            return
        if not math.isfinite(loss):
            if not self._fine_steps:
                self._begun = (rank, late)
            self._fine_steps[rank] = 0
        elif rank in self._fine_steps:
            self._recover(rank)

    def look(self) -> Iterator[tuple[str, str]]:
        if self._begun is not None:
            rank, late = self._begun
            self._begun = None
            whose = f" of rank {rank}" if self._several else ""
            what = "NaN" if math.isnan(late.loss or 0.0) else "infinite"
            yield KIND, f"the loss{whose} is {what} at step {late.n}"

    def _recover(self, rank: int) -> None:
        self._fine_steps[rank] += 1
        if self._fine_steps[rank] >= FINE_STEPS:
            del self._fine_steps[rank]
