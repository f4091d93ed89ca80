"""The numbers of a run: what each scale trains with, and how the options change it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from workloads.common import scales
from workloads.common.options import Options, Refusal
from workloads.common.ranks import of_step, replicas

LABEL_SMOOTHING = 0.1
CLIP_NORM = 5.0
REMAIN = 0.666
DECAYS = 4
DECAY_FACTOR = 0.5
LENGTH_PENALTY = 0.6
COVERAGE_PENALTY = 0.1
"""MLPerf's, all of them (mlcommons/training, rnn_translator/pytorch, train.py)."""

LEXICON_TARGET = 0.80
WMT_TARGET = 0.24
"""BLEU as a share. The second is MLPerf's of v0.6 and v0.7; v0.5 had 0.218."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """`hidden` and `layers` (so many in the encoder, and as many in the decoder) make the model.

    `vocabulary` is in pieces, `dropout` comes before each LSTM but the decoder's first. A row of a batch is a sentence,
    on either side padded to `length`, and `batch` counts the target positions in a batch, a multiple of it; both count
    padding too. `lr` stands from `warmup` steps on until it decays. `beams` 1 means greedy; a translation may have
    `extra` pieces more than its source. `eval_every` is in epochs.
    """

    scale: str
    vocabulary: int
    hidden: int
    layers: int
    dropout: float
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
        """Sentences in a batch."""
        return self.batch // self.length


TINY = Recipe("tiny", 1000, 128, 2, 0.1, 28, 16 * 28, 3e-3, 50, 8, 1, 10, 1)
"""For two CPU cores: an eighth of the width, half the layers and the dropout, and translated greedily."""

SMALL = Recipe("small", 8000, 512, 4, 0.2, 32, 128 * 32, 1e-3, 200, 20, 5, 50, 1)
"""Half the width, for the lexicon on a GPU."""

REFERENCE = Recipe("reference", 32_320, 1024, 4, 0.2, 50, 128 * 50, 5e-4, 200, 8, 5, 50, 1)
"""MLPerf's on one device, as its reference of v0.5 is: 128 sentences of up to 50 pieces a batch, a rate of 5e-4 (README
of rnn_translator there). That of v0.7 has 1e-3 for 1,024 sentences a step; NVIDIA's v0.5 entry on 8 GPUs 1.25e-3."""

SCALES = {recipe.scale: recipe for recipe in (TINY, SMALL, REFERENCE)}
EMBEDDED = "lexicon"


def choose(options: Options, kind: str) -> Recipe:
    """The recipe for a device of this `kind` (cpu, cuda): its scale's, with what the options change."""
    recipe = scales.at_scale(options, kind, SCALES, EMBEDDED)
    return recipe if options.batch is None else with_batch(recipe, options.batch)


def fit(recipe: Recipe, options: Options, pairs: int) -> Recipe:
    """The same recipe for so many pairs to train on. Raises Refusal when the batch asked for is more than that."""
    together = replicas(options.accumulate)
    if recipe.rows * together <= pairs:
        return recipe
    if options.batch is not None or pairs < together:
        step = of_step(recipe.rows, together)
        raise Refusal(f"{step} is more than the {pairs:,} sentences of the training text")
    return with_batch(recipe, pairs // together * recipe.length)


def with_batch(recipe: Recipe, batch: int) -> Recipe:
    """The learning rate stays: Adam's steps don't grow with the gradient. Raises Refusal for a row cut in pieces."""
    if batch % recipe.length:
        raise Refusal(
            f"--batch counts target tokens in sentences padded to {recipe.length} at scale {recipe.scale}: "
            f"it needs a multiple of {recipe.length}, not {batch}"
        )
    return replace(recipe, batch=batch)


def target(options: Options) -> float | None:
    """The BLEU at which a run is done; None for synthetic data, which has nothing to learn."""
    return scales.target(options, EMBEDDED, LEXICON_TARGET, WMT_TARGET)
