"""The numbers of a run: what each scale trains with."""

from __future__ import annotations

from dataclasses import dataclass

from workloads.images import recipe

MOMENTUM = 0.9
WEIGHT_DECAY = 1e-4
END_LR = 1e-4
POWER = 2
"""MLPerf's: the checker's training_3.1.0/closed_resnet_sgd.yaml and the rules' table for ResNet."""

IMAGENET_TARGET = 0.759
"""Top-1: MLPerf's from v0.6 on (mlcommons/training, image_classification/README.md)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe(recipe.Recipe):
    """`width` is the bottlenecks', 64 in ResNet-50 (torchvision's width_per_group)."""

    warmup_epochs: float
    label_smoothing: float = 0.0


TINY = Recipe(scale="tiny", pixels=32, width=16, batch=32, lr=0.03, warmup_epochs=0.5, epochs=10)
"""For two CPU cores: a quarter of the inner width (5.9 M parameters for ten classes), all 50 layers."""

SMALL = Recipe(scale="small", pixels=64, width=64, batch=64, lr=0.1, warmup_epochs=1, epochs=15)
"""The whole model on small images, for digits on a GPU."""

REFERENCE = Recipe(
    scale="reference",
    pixels=224,
    width=64,
    batch=256,
    lr=0.128,
    warmup_epochs=5,
    epochs=90,
    label_smoothing=0.1,
    eval_every=4,
)
"""MLPerf's: 0.128 a 256 images, 5 epochs of warm-up (mlcommons/training, image_classification/tensorflow,
imagenet_main.py and resnet_run_loop.py), label smoothing 0.1 and evaluation every 4 epochs (README.md there)."""

SCALES = {one.scale: one for one in (TINY, SMALL, REFERENCE)}
