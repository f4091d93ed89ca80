"""From options to a run: the device, the data, the task, and an image that can't be read said in one sentence."""

from __future__ import annotations

from functools import partial

from workloads.common import training
from workloads.common.options import Options
from workloads.common.setting import settle
from workloads.common.stop import Stop
from workloads.images.recipe import choose, target
from workloads.images.unreadable import UnreadableImage, told
from workloads.resnet50.data import load
from workloads.resnet50.recipe import IMAGENET_TARGET, SCALES
from workloads.resnet50.task import ResNet50


def train(options: Options, stop: Stop) -> int:
    """Train as asked and return the exit code. Raises Refusal for what the device or the data can't do."""
    setting = settle(options)
    data = load(options, choose(options, setting.device.type, SCALES), setting)
    make = partial(ResNet50, data, setting.precision, target(options, IMAGENET_TARGET))
    try:
        return training.train(options, "resnet", make, data.recipe.batch, setting, stop)
    except UnreadableImage as error:
        return told(error)
