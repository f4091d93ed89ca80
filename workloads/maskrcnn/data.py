"""Where the images come from: shapes, COCO's folders, or noise."""

from __future__ import annotations

from dataclasses import replace

from workloads.common.loader import for_evaluation, for_training
from workloads.common.options import Options
from workloads.common.ranks import replicas
from workloads.common.repeated import Repeated
from workloads.common.setting import Setting
from workloads.detection import synthetic
from workloads.detection.data import Data, HeldOut, source
from workloads.detection.dataset import HeldOutImages, TrainingImages
from workloads.detection.layout import EMBEDDED
from workloads.detection.metric import Judge
from workloads.images.recipe import fit
from workloads.maskrcnn.recipe import COCO_RATIO, Recipe
from workloads.maskrcnn.views import training, whole

SYNTHETIC_CLASSES = 80
SYNTHETIC_STEPS = 500
"""Steps in what a run on synthetic data calls an epoch: it needs some end."""


def load(options: Options, recipe: Recipe, setting: Setting) -> Data[Recipe]:
    """What `--data` names. Raises Refusal when a batch is more than there are images."""
    if options.data == "synthetic":
        return noise(recipe, setting, options)
    found = source(options, recipe.pictures, recipe.pixels, with_masks=True)
    train = TrainingImages(found.train, training, with_masks=True)
    held_out = HeldOutImages(found.held_out, whole)
    fitted = fit(recipe, options, len(train))
    if options.data not in EMBEDDED:
        fitted = replace(fitted, ratio=COCO_RATIO)
    device, workers = setting.device, setting.workers
    batches = for_training(train, fitted.batch, fitted.epochs, workers, device, options.seed, options.accumulate, list)
    held = for_evaluation(held_out, fitted.batch, workers, device, options.seed, list)
    judged = HeldOut(held, Judge(found.held_out.content), len(held_out))
    steps = batches.batches // options.accumulate
    return Data(found.name, found.classes, batches, judged, len(train), steps, fitted, batches.ahead)


def noise(recipe: Recipe, setting: Setting, options: Options) -> Data[Recipe]:
    """One batch of square noise, with nothing to learn."""
    sizes = (recipe.batch, recipe.pixels)
    images = synthetic.noise(*sizes, setting.device, options.seed)
    targets = synthetic.targets(*sizes, SYNTHETIC_CLASSES, setting.device, options.seed, with_masks=True)
    batch = list(zip(images.unbind(), targets, strict=True))
    batches = Repeated(batch, SYNTHETIC_STEPS * options.accumulate)
    total = SYNTHETIC_STEPS * recipe.batch * replicas(options.accumulate)
    return Data("synthetic", SYNTHETIC_CLASSES, batches, None, total, SYNTHETIC_STEPS, recipe)
