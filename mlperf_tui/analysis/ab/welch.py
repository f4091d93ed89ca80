"""The difference of two means by Welch's method: arms may scatter unlike each other, and t-tables are scipy's."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import fmean, variance

from scipy.special import stdtrit  # a quarter of the time that scipy.stats loads in

from mlperf_tui.frozen import frozen

ALPHA = 0.05
"""An interval that is looked at once misses the truth this often at most."""


@frozen
class Difference:
    """Mean of B less mean of A, its standard error, and the degrees of freedom of that."""

    mean: float
    error: float
    freedom: float

    def half(self, alpha: float = ALPHA) -> float:
        """Half the width of the interval that misses with probability `alpha`."""
        return self.error * critical(alpha, self.freedom) if self.error else 0.0


def difference(a: Sequence[float], b: Sequence[float]) -> Difference:
    """Welch's difference of means (Welch 1947, Biometrika 34). Raises ValueError for fewer than two of each."""
    if min(len(a), len(b)) < 2:
        raise ValueError("a spread needs two values of each")
    of_a, of_b = variance(a) / len(a), variance(b) / len(b)
    return Difference(fmean(b) - fmean(a), math.sqrt(of_a + of_b), freedom(of_a, of_b, len(a), len(b)))


def freedom(of_a: float, of_b: float, count_a: int, count_b: int) -> float:
    """Satterthwaite's degrees of freedom for two variances of means; the smaller arm's where nothing scatters."""
    if of_a + of_b == 0:
        return min(count_a, count_b) - 1.0
    share = of_a / (of_a + of_b)
    return 1 / (share**2 / (count_a - 1) + (1 - share) ** 2 / (count_b - 1))


def critical(alpha: float, degrees: float) -> float:
    """How many standard errors an interval reaches to each side (Student's t, two-sided)."""
    return -float(stdtrit(degrees, alpha / 2))
