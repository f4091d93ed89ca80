"""Where the images come from, all sources alike: batches of images and labels, and what is said of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import torch

from workloads.common.loader import for_evaluation, for_training
from workloads.common.options import Options
from workloads.images.input import Batch
from workloads.images.synthetic import noise
from workloads.resnet50.recipe import Recipe, fit

SYNTHETIC_CLASSES = 1000
SYNTHETIC_STEPS = 500
"""Steps in what a run on synthetic data calls an epoch: it needs some end."""


@dataclass(frozen=True, slots=True)
class Data:
    """A data set ready to train on. `held_out` is None where there is nothing to evaluate; `recipe` fits its size.

    Each loop over `train` is one epoch; `batches_ahead` of its batches may be ready before they are asked for.
    """

    name: str
    classes: int
    train: Iterable[Batch]
    held_out: Iterable[Batch] | None
    train_images: int
    held_out_images: int
    recipe: Recipe
    batches_ahead: int = 0

    @property
    def steps_per_epoch(self) -> int:
        """Whole batches in the training images."""
        return self.train_images // self.recipe.batch


def load(options: Options, recipe: Recipe, device: torch.device, workers: int) -> Data:
    """What `--data` names. Raises Refusal when a batch is more than there are images."""
    if options.data == "synthetic":
        return synthetic(recipe, device, options.seed)
    if options.data == "digits":
        from workloads.images.digits import datasets as digits  # noqa: PLC0415  scikit-learn may be missing

        name, (train, held_out, classes) = "digits (scikit-learn, 1,797 images)", digits(recipe.pixels)
    else:
        from workloads.resnet50.folder import datasets as folder  # noqa: PLC0415  so is Pillow

        name, (train, held_out, classes) = options.data, folder(Path(options.data), recipe.pixels)
    fitted = fit(recipe, options, len(train))
    batches = for_training(train, fitted.batch, fitted.epochs, workers, device, options.seed)
    held = for_evaluation(held_out, fitted.batch, workers, device, options.seed)
    return Data(name, classes, batches, held, len(train), len(held_out), fitted, batches.ahead)


def synthetic(recipe: Recipe, device: torch.device, seed: int) -> Data:
    """One batch of noise, with nothing to learn."""
    batches = noise(recipe.batch, recipe.pixels, SYNTHETIC_CLASSES, SYNTHETIC_STEPS, device, seed)
    return Data("synthetic", SYNTHETIC_CLASSES, batches, None, SYNTHETIC_STEPS * recipe.batch, 0, recipe)
