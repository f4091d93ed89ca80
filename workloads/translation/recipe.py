"""The numbers of a translator's run that all of them have, and how the options change them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import ClassVar, TypeVar

from workloads.common import scales
from workloads.common.options import Options, Refusal
from workloads.common.ranks import of_step, replicas

LEXICON_TARGET = 0.80
"""BLEU as a share, on the lexicon's sentences that are held out."""

EMBEDDED = "lexicon"


@dataclass(frozen=True, slots=True)
class Recipe:
    """`hidden` and `layers` (so many in the encoder, and as many in the decoder) make the model, with its own numbers.

    `vocabulary` is in pieces. `length` is the positions in a row of a batch, on either side, and `batch` the target
    positions in a batch, a multiple of it; both count padding too. `lr` is the peak, after `warmup` steps. `beams` 1
    means greedy; a translation may have `extra` pieces more than its source. `eval_every` is in epochs.
    """

    packed: ClassVar[bool]
    """Whether a row holds as many sentences as fit into it; else it is a single one."""

    scale: str
    vocabulary: int
    hidden: int
    layers: int
    length: int
    batch: int
    lr: float
    warmup: int
    epochs: int
    beams: int
    extra: int
    eval_every: int = 1

    @property
    def rows(self) -> int:
        """Rows in a batch."""
        return self.batch // self.length


R = TypeVar("R", bound=Recipe)


def choose(options: Options, kind: str, sizes: Mapping[str, R]) -> R:
    """The recipe for a device of this `kind` (cpu, cuda): its scale's, with what the options change."""
    recipe = scales.at_scale(options, kind, sizes, EMBEDDED)
    return recipe if options.batch is None else with_batch(recipe, options.batch)


def fit(recipe: R, options: Options, rows: int) -> R:
    """The same recipe for so many rows to train on. Raises Refusal when the batch asked for is more than that."""
    together = replicas(options.accumulate)
    if recipe.rows * together <= rows:
        return recipe
    if options.batch is not None or rows < together:
        each, unit = (recipe.length, "tokens") if recipe.packed else (1, "sentences")
        step = of_step(recipe.rows * each, together)
        raise Refusal(f"{step} is more than the {rows * each:,} {unit} of the training text")
    return with_batch(recipe, rows // together * recipe.length)


def with_batch(recipe: R, batch: int) -> R:
    """The learning rate stays: Adam's steps don't grow with the gradient. Raises Refusal for a row cut in pieces."""
    if batch % recipe.length:
        rows = "rows of" if recipe.packed else "sentences padded to"
        raise Refusal(
            f"--batch counts target tokens in {rows} {recipe.length} at scale {recipe.scale}: "
            f"it needs a multiple of {recipe.length}, not {batch}"
        )
    return replace(recipe, batch=batch)


def target(options: Options, published: float) -> float | None:
    """The BLEU at which a run is done: `published` on the benchmark's own text; None where nothing can be learned."""
    return scales.target(options, EMBEDDED, LEXICON_TARGET, published)
