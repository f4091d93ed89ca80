"""From options to a run: the device, the data, the task."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from workloads.common import training
from workloads.common.options import Options
from workloads.common.setting import Setting, settle
from workloads.common.stop import Stop
from workloads.dawn_resnet18.recipe import CIFAR_TARGET, SCALES
from workloads.dawn_resnet18.task import DawnResNet18
from workloads.images.data import Data, digits, loaded, synthetic
from workloads.images.recipe import Recipe, choose, target

CLASSES = 10


def train(options: Options, stop: Stop) -> int:
    """Train as asked and return the exit code. Raises Refusal for what the device or the data can't do."""
    setting = settle(options)
    data = load(options, choose(options, setting.device.type, SCALES), setting)
    make = partial(DawnResNet18, data, setting.precision, target(options, CIFAR_TARGET))
    return training.train(options, "dawn-resnet18", make, data.recipe.batch, setting, stop)


def load(options: Options, recipe: Recipe, setting: Setting) -> Data[Recipe]:
    """What `--data` names. Raises Refusal when a batch is more than there are images."""
    if options.data == "synthetic":
        return synthetic(recipe, CLASSES, setting.device, options)
    if options.data == "digits":
        return digits(recipe, options, setting)
    from workloads.dawn_resnet18.cifar import datasets  # noqa: PLC0415  only where CIFAR-10 is asked for

    return loaded(options.data, *datasets(Path(options.data)), recipe, options, setting)
