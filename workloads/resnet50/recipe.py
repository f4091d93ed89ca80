"""The numbers of a run: what each scale trains with, and how the options change it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from workloads.common.options import Options, Refusal

MOMENTUM = 0.9
WEIGHT_DECAY = 1e-4
END_LR = 1e-4
POWER = 2
"""MLPerf's: the checker's training_3.1.0/closed_resnet_sgd.yaml and the rules' table for ResNet."""

DIGITS_TARGET = 0.95
IMAGENET_TARGET = 0.759
"""Top-1. The second is MLPerf's from v0.6 on (mlcommons/training, image_classification/README.md)."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """`pixels` is the side of an image; `width` the bottlenecks' width, 64 in ResNet-50 (torchvision width_per_group).

    `lr` is the peak learning rate at `batch`; another batch scales it in proportion. `eval_every` is in epochs.
    """

    scale: str
    pixels: int
    width: int
    batch: int
    lr: float
    warmup_epochs: float
    epochs: int
    label_smoothing: float
    eval_every: int


TINY = Recipe("tiny", 32, 16, 32, 0.03, 0.5, 10, 0.0, 1)
"""For two CPU cores: a quarter of the inner width (5.9 M parameters for ten classes), all 50 layers."""

SMALL = Recipe("small", 64, 64, 64, 0.1, 1, 15, 0.0, 1)
"""The whole model on small images, for digits on a GPU."""

REFERENCE = Recipe("reference", 224, 64, 256, 0.128, 5, 90, 0.1, 4)
"""MLPerf's: 0.128 a 256 images, 5 epochs of warm-up (mlcommons/training, image_classification/tensorflow,
imagenet_main.py and resnet_run_loop.py), label smoothing 0.1 and evaluation every 4 epochs (README.md there)."""

SCALES = {recipe.scale: recipe for recipe in (TINY, SMALL, REFERENCE)}
SYNTHETIC_EPOCHS = 4


def choose(options: Options, kind: str) -> Recipe:
    """The recipe for a device of this `kind` (cpu, cuda): its scale's, with what the options change."""
    recipe = SCALES[options.scale or _default_scale(options.data, kind)]
    if options.data == "synthetic":
        recipe = replace(recipe, epochs=SYNTHETIC_EPOCHS)
    if options.epochs is not None:
        recipe = replace(recipe, epochs=options.epochs)
    return recipe if options.batch is None else with_batch(recipe, options.batch)


def fit(recipe: Recipe, options: Options, images: int) -> Recipe:
    """The same recipe for so many training images. Raises Refusal when the batch asked for is more than that."""
    if recipe.batch <= images:
        return recipe
    if options.batch is not None or images < 2:
        raise Refusal(f"a batch of {recipe.batch} is more than the {images:,} training images")
    return with_batch(recipe, images)


def with_batch(recipe: Recipe, batch: int) -> Recipe:
    """The learning rate goes with the batch. Raises Refusal for a batch of one."""
    if batch < 2:
        raise Refusal("--batch needs at least 2: batch normalisation can't learn from a single image")
    return replace(recipe, batch=batch, lr=recipe.lr * batch / recipe.batch)


def target(options: Options) -> float | None:
    """The top-1 at which a run is done; None for synthetic data, which has nothing to learn."""
    if options.data == "synthetic":
        return None
    if options.target is not None:
        return options.target
    return DIGITS_TARGET if options.data == "digits" else IMAGENET_TARGET


def _default_scale(data: str, kind: str) -> str:
    if kind == "cpu":
        return "tiny"
    return "small" if data == "digits" else "reference"
