"""The numbers of a run: what each scale trains with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from workloads.translation import recipe

DROPOUT = 0.1
LABEL_SMOOTHING = 0.1
BETAS = (0.9, 0.997)
EPSILON = 1e-9
LENGTH_PENALTY = 0.6
"""MLPerf's (mlcommons/training, translation/tensorflow/transformer, model/model_params.py)."""

WMT_TARGET = 0.25
"""BLEU as a share: MLPerf's, v0.5 to v0.7."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe(recipe.Recipe):
    """`filters` is the width inside the feed-forward networks, `heads` are each attention's.

    The numbers stand in this order: scale, vocabulary, hidden, layers, length, batch, lr, warmup, epochs, beams, extra.
    """

    packed: ClassVar[bool] = True

    filters: int
    heads: int


TINY = Recipe("tiny", 1000, 128, 2, 64, 512, 2e-3, 100, 12, 1, 10, filters=256, heads=4)
"""For two CPU cores: an eighth of the width, a third of the layers, and translated greedily."""

SMALL = Recipe("small", 8000, 512, 6, 128, 4096, 5e-4, 400, 20, 4, 50, filters=2048, heads=8)
"""Half the width, which is the base model of the paper, for the lexicon on a GPU."""

REFERENCE = Recipe(
    "reference", 33_708, 1024, 6, 256, 4096, 2.0 / (1024 * 16_000) ** 0.5, 16_000, 8, 4, 50, filters=4096, heads=16
)
"""MLPerf's big model on one device: 4,096 tokens a batch, sentences of up to 256, a rate of
2 · hidden^-½ · min(n^-½, n · 16,000^-1.5), so 4.9e-4 at its peak; beam search with 4 (model/model_params.py there).
NVIDIA's v0.5 entry on 8 GPUs took 5,120 tokens each, 6.4e-4 and 3,000 steps of warm-up."""

SCALES = {one.scale: one for one in (TINY, SMALL, REFERENCE)}
