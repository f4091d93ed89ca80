"""The numbers of a run: what each scale trains with, and how the options change it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from workloads.common import scales
from workloads.common.options import Options, Refusal
from workloads.common.ranks import of_step, replicas

BETAS = (0.25, 0.5)
EPSILON = 1e-8
"""NVIDIA's entry to MLPerf v0.5 (training_results_v0.5, nvidia/submission/code/recommendation, run_and_time.sh)."""

HR_TARGET = 0.635
"""HR@10 among 999 negatives on ML-20M: MLPerf's v0.5 (training_policies, training_rules.adoc of 2018-12-13)."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """`factors` and `layers` are NeuMF's; `negatives` is what a held-out click is ranked among.

    `users`, `items` and `clicks` (a user) are the size of the embedded and the synthetic data, `clicks_target` is the
    HR@10 at which a run on the embedded data is done. The learning rate is constant and the same for every batch.
    """

    scale: str
    factors: int
    layers: tuple[int, ...]
    batch: int
    lr: float
    epochs: int
    negatives: int
    users: int
    items: int
    clicks: int
    clicks_target: float


TINY = Recipe("tiny", 16, (64, 64, 32, 16), 1024, 0.002, 15, 99, 2000, 400, 40, 0.7)
"""For two CPU cores: a quarter of the widths, and HR@10 among 99 negatives, not 999: by chance it would be 0.10, by
the items' popularity 0.20, and 0.83 for who knew the hidden tastes."""

SMALL = Recipe("small", 32, (128, 128, 64, 32), 16_384, 0.0045, 20, 999, 6040, 3706, 160, 0.4)
"""Half of the widths, for a GPU; as many users, items and, nearly, clicks as ml-1m has. HR@10 would be 0.01 by
chance, 0.04 by popularity, and 0.49 for who knew the hidden tastes."""

REFERENCE = Recipe("reference", 64, (256, 256, 128, 64), 1_048_576, 0.0045, 20, 999, 138_493, 26_744, 144, 0.4)
"""Model: the reference's (mlcommons/training, recommendation/pytorch). Batch and rate: NVIDIA's v0.5, as above. As many
users, items and, nearly, clicks as ml-20m has. Ours are the number of epochs (NVIDIA's runs took 14 to 18) and the
target on the embedded data, where 0.57 would be had by who knew the hidden tastes."""

SCALES = {recipe.scale: recipe for recipe in (TINY, SMALL, REFERENCE)}
EMBEDDED = "clicks"


def choose(options: Options, kind: str) -> Recipe:
    """The recipe for a device of this `kind` (cpu, cuda): its scale's, with what the options change."""
    recipe = scales.at_scale(options, kind, SCALES, EMBEDDED)
    return recipe if options.batch is None else replace(recipe, batch=options.batch)


def fit(recipe: Recipe, options: Options, samples: int) -> Recipe:
    """The same recipe for so many training samples. Raises Refusal when the batch asked for is more than that."""
    together = replicas(options.accumulate)
    if recipe.batch * together <= samples:
        return recipe
    if options.batch is not None or samples < together:
        raise Refusal(f"{of_step(recipe.batch, together)} is more than the {samples:,} training samples")
    return replace(recipe, batch=samples // together)


def target(options: Options, recipe: Recipe) -> float | None:
    """The HR@10 at which a run is done; None for synthetic data, which has nothing to learn."""
    return scales.target(options, EMBEDDED, recipe.clicks_target, HR_TARGET)
