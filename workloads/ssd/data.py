"""Where the images come from: shapes, COCO's folders, or noise."""

from __future__ import annotations

import torch

from workloads.common.loader import for_evaluation, for_training
from workloads.common.options import Options
from workloads.common.ranks import replicas
from workloads.common.repeated import Repeated
from workloads.common.setting import Setting
from workloads.detection import synthetic
from workloads.detection.data import Data, HeldOut, source
from workloads.detection.dataset import HeldOutImages, TrainingImages
from workloads.detection.metric import Judge
from workloads.images.recipe import fit
from workloads.ssd.boxes import DefaultBoxes
from workloads.ssd.recipe import Recipe
from workloads.ssd.views import Training, whole

SYNTHETIC_CLASSES = 80
SYNTHETIC_STEPS = 500
"""Steps in what a run on synthetic data calls an epoch: it needs some end."""


def load(options: Options, recipe: Recipe, setting: Setting) -> Data[Recipe]:
    """What `--data` names. Raises Refusal when a batch is more than there are images."""
    if options.data == "synthetic":
        return noise(recipe, setting.device, options)
    found = source(options, recipe.pictures, recipe.pixels)
    train = TrainingImages(found.train, Training(DefaultBoxes(recipe.levels, recipe.pixels), recipe.pixels))
    held_out = HeldOutImages(found.held_out, whole(recipe.pixels))
    fitted = fit(recipe, options, len(train))
    device, workers = setting.device, setting.workers
    batches = for_training(train, fitted.batch, fitted.epochs, workers, device, options.seed, options.accumulate)
    held = for_evaluation(held_out, fitted.batch, workers, device, options.seed)
    judged = HeldOut(held, Judge(found.held_out.content), len(held_out))
    steps = batches.batches // options.accumulate
    return Data(found.name, found.classes, batches, judged, len(train), steps, fitted, batches.ahead)


def noise(recipe: Recipe, device: torch.device, options: Options) -> Data[Recipe]:
    """One batch of noise, with nothing to learn."""
    images = synthetic.noise(recipe.batch, recipe.pixels, device, options.seed)
    boxes = DefaultBoxes(recipe.levels, recipe.pixels)
    targets = synthetic.targets(recipe.batch, recipe.pixels, SYNTHETIC_CLASSES, torch.device("cpu"), options.seed)
    matched = [boxes.match(one["boxes"] / recipe.pixels, one["labels"]) for one in targets]
    offsets, labels = (torch.stack(parts).to(device) for parts in zip(*matched, strict=True))
    batches = Repeated((images, offsets, labels), SYNTHETIC_STEPS * options.accumulate)
    total = SYNTHETIC_STEPS * recipe.batch * replicas(options.accumulate)
    return Data("synthetic", SYNTHETIC_CLASSES, batches, None, total, SYNTHETIC_STEPS, recipe)
