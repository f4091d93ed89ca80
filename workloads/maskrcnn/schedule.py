"""The learning rate of each step: a linear warm-up, then a tenth after each of the boundaries."""

from __future__ import annotations

from dataclasses import dataclass

from workloads.maskrcnn.recipe import DECAY, WARMUP_FACTOR, Recipe


@dataclass(frozen=True, slots=True)
class Schedule:
    """Rises from a third of `peak` to all of it in `warmup` steps; `boundaries` are in steps."""

    peak: float
    warmup: int
    boundaries: tuple[int, ...]

    def __call__(self, n: int) -> float:
        """The rate of step `n`, counted from 0."""
        done = min(1.0, n / self.warmup)
        rate = self.peak * (WARMUP_FACTOR * (1 - done) + done)
        return float(rate * DECAY ** sum(n >= boundary for boundary in self.boundaries))


def schedule(recipe: Recipe, steps_per_epoch: int) -> Schedule:
    """The schedule that spans all of the recipe's epochs, however early the run may end."""
    boundaries = tuple(round(epoch * steps_per_epoch) for epoch in recipe.boundaries)
    return Schedule(recipe.lr, min(recipe.warmup, max(1, boundaries[0])), boundaries)
