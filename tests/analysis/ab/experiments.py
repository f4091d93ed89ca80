"""Experiments with a known truth: throughputs of processes as they scatter here, pair by pair."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

TRIALS = 2_000

Arm = list[float]


def experiments(
    spread_a: float, spread_b: float, *, ratio: float, pairs: int, trials: int = TRIALS, drift: float = 0.0
) -> Iterator[tuple[Arm, Arm]]:
    """Throughputs of A and B. `drift` is what speed loses over the first four pairs, run A B, B A, A B, B A."""
    made = np.random.default_rng(20261124)
    first = 2 * np.arange(pairs)
    swapped = np.arange(pairs) % 2
    for _ in range(trials):
        a = 100 * np.exp(made.normal(0, spread_a, pairs) - drift * (first + swapped) / 8)
        b = 100 * ratio * np.exp(made.normal(0, spread_b, pairs) - drift * (first + 1 - swapped) / 8)
        yield a.tolist(), b.tolist()
