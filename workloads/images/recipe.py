"""The numbers of an image classifier's run that all of them have, and how the options change them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TypeVar

from workloads.common import scales
from workloads.common.options import Options, Refusal
from workloads.common.ranks import of_step, replicas

DIGITS_TARGET = 0.95
"""Top-1 on the digits that are held out."""

EMBEDDED = "digits"


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """`pixels` is the side of an image, `width` the model's first; `lr` is the peak learning rate at `batch`.

    Another batch scales the rate in proportion, and so do several batches a step. `eval_every` is in epochs.
    """

    scale: str
    pixels: int
    width: int
    batch: int
    lr: float
    epochs: int
    eval_every: int = 1


R = TypeVar("R", bound=Recipe)


def choose(options: Options, kind: str, sizes: Mapping[str, R]) -> R:
    """The recipe for a device of this `kind` (cpu, cuda): its scale's, with what the options change."""
    recipe = scales.at_scale(options, kind, sizes, EMBEDDED)
    recipe = recipe if options.batch is None else with_batch(recipe, options.batch)
    return replace(recipe, lr=recipe.lr * replicas(options.accumulate))


def fit(recipe: R, options: Options, images: int) -> R:
    """The same recipe for so many training images. Raises Refusal when the batch asked for is more than that."""
    together = replicas(options.accumulate)
    if recipe.batch * together <= images:
        return recipe
    if options.batch is not None or images < 2 * together:
        raise Refusal(f"{of_step(recipe.batch, together)} is more than the {images:,} training images")
    return with_batch(recipe, images // together)


def with_batch(recipe: R, batch: int) -> R:
    """The learning rate goes with the batch. Raises Refusal for a batch of one."""
    if batch < 2:
        raise Refusal("--batch needs at least 2: batch normalisation can't learn from a single image")
    return replace(recipe, batch=batch, lr=recipe.lr * batch / recipe.batch)


def target(options: Options, published: float) -> float | None:
    """The top-1 at which a run is done: `published` on the benchmark's own data; None where nothing can be learned."""
    return scales.target(options, EMBEDDED, DIGITS_TARGET, published)
