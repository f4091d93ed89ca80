"""The learning rate of each step: linear warm-up, then polynomial decay of power 2, as in MLPerf's reference."""

from __future__ import annotations

from dataclasses import dataclass

from workloads.resnet50.recipe import END_LR, POWER, Recipe


@dataclass(frozen=True, slots=True)
class Schedule:
    """Rises in `warmup` steps to `peak`, falls in `decay` steps to `end`, and stays there.

    lr = peak · (n + 1) / warmup, and from there on lr = (peak - end) · (1 - (n - warmup) / decay)² + end
    (mlcommons/training, image_classification/tensorflow/official/resnet/resnet_run_loop.py, poly_rate_fn).
    """

    peak: float
    warmup: int
    decay: int
    end: float = END_LR

    def __call__(self, n: int) -> float:
        """The rate of step `n`, counted from 0."""
        if n < self.warmup:
            return self.peak * (n + 1) / self.warmup
        left = max(0.0, 1 - (n - self.warmup) / self.decay)
        return (self.peak - self.end) * left**POWER + self.end


def schedule(recipe: Recipe, steps_per_epoch: int) -> Schedule:
    """The schedule that spans all of the recipe's epochs, however early the run may end."""
    total = recipe.epochs * steps_per_epoch
    warmup = min(round(recipe.warmup_epochs * steps_per_epoch), total // 2)
    return Schedule(recipe.lr, warmup, total - warmup)
