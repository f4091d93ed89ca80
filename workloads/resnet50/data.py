"""Where the images come from: digits, ImageNet's folders, or noise."""

from __future__ import annotations

from pathlib import Path

from workloads.common.options import Options
from workloads.common.setting import Setting
from workloads.images.data import Data, digits, loaded, synthetic
from workloads.resnet50.recipe import Recipe

SYNTHETIC_CLASSES = 1000


def load(options: Options, recipe: Recipe, setting: Setting) -> Data[Recipe]:
    """What `--data` names. Raises Refusal when a batch is more than there are images."""
    if options.data == "synthetic":
        return synthetic(recipe, SYNTHETIC_CLASSES, setting.device, options)
    if options.data == "digits":
        return digits(recipe, options, setting)
    from workloads.resnet50.folder import datasets  # noqa: PLC0415  Pillow may be missing

    return loaded(options.data, *datasets(Path(options.data), recipe.pixels), recipe, options, setting)
