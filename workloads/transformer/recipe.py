"""The numbers of a run: what each scale trains with, and how the options change it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from workloads.common import scales
from workloads.common.options import Options, Refusal
from workloads.common.ranks import of_step, replicas

DROPOUT = 0.1
LABEL_SMOOTHING = 0.1
BETAS = (0.9, 0.997)
EPSILON = 1e-9
LENGTH_PENALTY = 0.6
"""MLPerf's (mlcommons/training, translation/tensorflow/transformer, model/model_params.py)."""

LEXICON_TARGET = 0.80
WMT_TARGET = 0.25
"""BLEU as a share. The second is MLPerf's, v0.5 to v0.7."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """`hidden`, `filters`, `heads` and `layers` (so many in the encoder, and as many in the decoder) make the model.

    `vocabulary` is in pieces. `length` is the positions in a row of a batch, on either side, and `batch` the target
    positions in a batch, a multiple of it; both count padding too. `lr` is the peak, after `warmup` steps. `beams` 1
    means greedy; a translation may have `extra` pieces more than its source. `eval_every` is in epochs.
    """

    scale: str
    vocabulary: int
    hidden: int
    filters: int
    heads: int
    layers: int
    length: int
    batch: int
    lr: float
    warmup: int
    epochs: int
    beams: int
    extra: int
    eval_every: int

    @property
    def rows(self) -> int:
        """Rows in a batch."""
        return self.batch // self.length


TINY = Recipe("tiny", 1000, 128, 256, 4, 2, 64, 512, 2e-3, 100, 12, 1, 10, 1)
"""For two CPU cores: an eighth of the width, a third of the layers, and translated greedily."""

SMALL = Recipe("small", 8000, 512, 2048, 8, 6, 128, 4096, 5e-4, 400, 20, 4, 50, 1)
"""Half the width, which is the base model of the paper, for the lexicon on a GPU."""

REFERENCE = Recipe("reference", 33_708, 1024, 4096, 16, 6, 256, 4096, 2.0 / (1024 * 16_000) ** 0.5, 16_000, 8, 4, 50, 1)
"""MLPerf's big model on one device: 4,096 tokens a batch, sentences of up to 256, a rate of
2 · hidden^-½ · min(n^-½, n · 16,000^-1.5), so 4.9e-4 at its peak; beam search with 4 (model/model_params.py there).
NVIDIA's v0.5 entry on 8 GPUs took 5,120 tokens each, 6.4e-4 and 3,000 steps of warm-up."""

SCALES = {recipe.scale: recipe for recipe in (TINY, SMALL, REFERENCE)}
EMBEDDED = "lexicon"


def choose(options: Options, kind: str) -> Recipe:
    """The recipe for a device of this `kind` (cpu, cuda): its scale's, with what the options change."""
    recipe = scales.at_scale(options, kind, SCALES, EMBEDDED)
    return recipe if options.batch is None else with_batch(recipe, options.batch)


def fit(recipe: Recipe, options: Options, rows: int) -> Recipe:
    """The same recipe for so many rows to train on. Raises Refusal when the batch asked for is more than that."""
    together = replicas(options.accumulate)
    if recipe.rows * together <= rows:
        return recipe
    if options.batch is not None or rows < together:
        step = of_step(recipe.batch, together)
        raise Refusal(f"{step} is more than the {rows * recipe.length:,} tokens of the training text")
    return with_batch(recipe, rows // together * recipe.length)


def with_batch(recipe: Recipe, batch: int) -> Recipe:
    """The learning rate stays: Adam's steps don't grow with the gradient. Raises Refusal for a row cut in pieces."""
    if batch % recipe.length:
        raise Refusal(
            f"--batch counts target tokens in rows of {recipe.length} at scale {recipe.scale}: "
            f"it needs a multiple of {recipe.length}, not {batch}"
        )
    return replace(recipe, batch=batch)


def target(options: Options) -> float | None:
    """The BLEU at which a run is done; None for synthetic data, which has nothing to learn."""
    return scales.target(options, EMBEDDED, LEXICON_TARGET, WMT_TARGET)
