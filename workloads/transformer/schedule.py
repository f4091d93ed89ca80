"""The learning rate of each step: linear warm-up, then with the inverse square root of the step."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Schedule:
    """Rises in `warmup` steps to `peak`, then falls as 1/√n (Vaswani et al., arXiv 1706.03762, section 5.3)."""

    peak: float
    warmup: int

    def __call__(self, n: int) -> float:
        """The rate of step `n`, counted from 0."""
        return self.peak * min((n + 1) / self.warmup, math.sqrt(self.warmup / (n + 1)))
