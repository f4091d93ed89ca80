"""The learning rate of each step: exponential warm-up, two thirds of the run as it is, then halved by steps."""

from __future__ import annotations

from dataclasses import dataclass

from workloads.gnmt.recipe import DECAY_FACTOR, DECAYS, REMAIN

FIRST = 0.01
"""What the rate begins with, as a share of the peak."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """For a run of `steps`, as MLPerf's reference has it (rnn_translator/pytorch/seq2seq/train/lr_scheduler.py)."""

    peak: float
    warmup: int
    steps: int

    @property
    def remain(self) -> int:
        """The step of the first decay, and the last one that may belong to the warm-up."""
        return int(REMAIN * self.steps)

    @property
    def interval(self) -> int:
        """Steps from one decay to the next."""
        return max(1, (self.steps - self.remain) // DECAYS)

    def __call__(self, n: int) -> float:
        """The rate of step `n`, counted from 0."""
        warmup = min(self.warmup, self.remain)
        if n < warmup:
            return float(self.peak * FIRST ** (1 - n / warmup))
        if n < self.remain:
            return self.peak
        return float(self.peak * DECAY_FACTOR ** min(DECAYS, (n - self.remain) // self.interval + 1))
