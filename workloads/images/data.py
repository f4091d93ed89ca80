"""A data set of images, ready to train on: batches of images and labels, and what is said of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Generic

import torch
from torch.utils.data import Dataset

from workloads.common.loader import for_evaluation, for_training
from workloads.common.options import Options
from workloads.common.ranks import replicas
from workloads.common.setting import Setting
from workloads.common.task import Batches
from workloads.images.input import Batch
from workloads.images.recipe import R, fit
from workloads.images.synthetic import noise

SYNTHETIC_STEPS = 500
"""Steps in what a run on synthetic data calls an epoch: it needs some end."""

DIGITS = "digits (scikit-learn, 1,797 images)"


@dataclass(frozen=True, slots=True)
class Data(Generic[R]):
    """`held_out` is None where there is nothing to evaluate; `recipe` fits the data's size.

    Each loop over `train` is one epoch; `batches_ahead` of its batches may be ready before they are asked for.
    """

    name: str
    classes: int
    train: Batches[Batch]
    held_out: Iterable[Batch] | None
    train_images: int
    held_out_images: int
    recipe: R
    steps_per_epoch: int
    batches_ahead: int = 0


def loaded(
    name: str, train: Dataset[Any], held_out: Dataset[Any], classes: int, recipe: R, options: Options, setting: Setting
) -> Data[R]:
    """Two data sets behind loaders. Raises Refusal when a batch is more than there are images."""
    train_images, held_out_images = len(train), len(held_out)  # type: ignore[arg-type]  # torch has no length in its type
    fitted = fit(recipe, options, train_images)
    device, workers = setting.device, setting.workers
    batches = for_training(train, fitted.batch, fitted.epochs, workers, device, options.seed, options.accumulate)
    steps = batches.batches // options.accumulate
    held = for_evaluation(held_out, fitted.batch, workers, device, options.seed)
    return Data(name, classes, batches, held, train_images, held_out_images, fitted, steps, batches.ahead)


def synthetic(recipe: R, classes: int, device: torch.device, options: Options) -> Data[R]:
    """One batch of noise, with nothing to learn."""
    batches = SYNTHETIC_STEPS * options.accumulate
    noises = noise(recipe.batch, recipe.pixels, classes, batches, device, options.seed)
    images = SYNTHETIC_STEPS * recipe.batch * replicas(options.accumulate)
    return Data("synthetic", classes, noises, None, images, 0, recipe, SYNTHETIC_STEPS)


def digits(recipe: R, options: Options, setting: Setting) -> Data[R]:
    """Scikit-learn's handwritten digits."""
    from workloads.images.digits import datasets  # noqa: PLC0415  scikit-learn may be missing

    return loaded(DIGITS, *datasets(recipe.pixels), recipe, options, setting)
