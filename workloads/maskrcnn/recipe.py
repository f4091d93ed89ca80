"""The numbers of a run: what each scale trains with, and how the options change it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from workloads.common import scales
from workloads.common.options import Options
from workloads.common.ranks import replicas
from workloads.images import recipe

MOMENTUM = 0.9
WEIGHT_DECAY = 1e-4
WARMUP_FACTOR = 1 / 3
"""Of the rate, in the first step (config/defaults.py of MLPerf's reference)."""

DECAY = 0.1
POSITIVES = 0.25
"""The share of the trained proposals that may have an object: torchvision's default, and the reference's."""

COCO_RATIO = 4 / 3
"""Width over height of COCO's commonest images, 640×480."""

COCO_TARGET = 0.377
"""MLPerf's for boxes (mlcommons/training, object_detection/pytorch, config/defaults.py)."""

MASKS = 0.339 / 0.377
"""What is asked of masks, as a share of what is asked of boxes: MLPerf's two targets."""

SHAPES_TARGET = 0.65
"""Mean AP of boxes on the shapes that are held out; after one epoch of `tiny` it is 0.1 to 0.3."""

EMBEDDED = "shapes"


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe(recipe.Recipe):
    """Images are resized to `pixels` on the shorter side, unless the other one would then be more than `longest`.

    `blocks` are the backbone's by stage, and its stages have 4 · `width` channels and twice as many each. The pyramid
    and the masks' `mask_layers` have `channels`, the boxes' layers `hidden`. `anchors` are sides in pixels, by level.
    `proposals` are the most of an image in training, half of them otherwise; `samples` of them are trained on.
    `warmup` is in steps; the rate falls to a tenth after each of `decays`, shares of the epochs. `ratio` is a usual
    image's width over its height. `pictures` are the embedded data's: to train on, and held out.
    """

    longest: int
    blocks: tuple[int, int, int, int]
    channels: int
    hidden: int
    mask_layers: int
    anchors: tuple[int, ...]
    proposals: int
    samples: int
    warmup: int
    decays: tuple[float, float]
    pictures: tuple[int, int]
    ratio: float = 1.0

    @property
    def boundaries(self) -> list[float]:
        """The epochs after which the rate falls."""
        return [share * self.epochs for share in self.decays]


TINY = Recipe(
    scale="tiny",
    pixels=96,
    longest=160,
    width=16,
    blocks=(1, 1, 1, 1),
    channels=48,
    hidden=192,
    mask_layers=2,
    anchors=(16, 32, 64, 128, 256),
    proposals=128,
    samples=32,
    batch=4,
    lr=0.02,
    warmup=100,
    epochs=8,
    decays=(0.75, 0.9),
    pictures=(800, 100),
)
"""For two CPU cores: a quarter of the width, a block a stage instead of 3, 4, 6 and 3, two layers for masks instead of
four, small images with few proposals, and anchors half as large."""

SMALL = Recipe(
    scale="small",
    pixels=192,
    longest=320,
    width=64,
    blocks=(3, 4, 6, 3),
    channels=256,
    hidden=1024,
    mask_layers=4,
    anchors=(16, 32, 64, 128, 256),
    proposals=1000,
    samples=128,
    batch=8,
    lr=0.02,
    warmup=200,
    epochs=12,
    decays=(0.75, 0.9),
    pictures=(1600, 400),
)
"""The whole model on small images, for shapes on a GPU."""

REFERENCE = Recipe(
    scale="reference",
    pixels=800,
    longest=1333,
    width=64,
    blocks=(3, 4, 6, 3),
    channels=256,
    hidden=1024,
    mask_layers=4,
    anchors=(32, 64, 128, 256, 512),
    proposals=2000,
    samples=512,
    batch=2,
    lr=2.5e-3,
    warmup=500,
    epochs=12,
    decays=(60 / 90, 80 / 90),
    pictures=(800, 200),
)
"""MLPerf's: 0.02 for 16 images, a tenth of it after 60,000 and again after 80,000 of 90,000 steps, twelve epochs
(mlcommons/training, object_detection/pytorch, configs/e2e_mask_rcnn_R_50_FPN_1x.yaml); hence 2.5e-3 for 2 images, and
eight times the steps. Sizes, anchors, proposals, samples and warm-up are those of that file and of config/defaults.py.
The reference begins with a backbone that was trained on ImageNet, and this one with random weights: expect it to need
more epochs."""

SCALES = {one.scale: one for one in (TINY, SMALL, REFERENCE)}


def choose(options: Options, kind: str) -> Recipe:
    """The recipe for a device of this `kind` (cpu, cuda): its scale's, with what the options change."""
    chosen = scales.at_scale(options, kind, SCALES, EMBEDDED)
    batch = options.batch or chosen.batch
    return replace(chosen, batch=batch, lr=chosen.lr * batch / chosen.batch * replicas(options.accumulate))


def target(options: Options) -> float | None:
    """The mean AP of boxes at which a run is done; None for synthetic data, which has nothing to learn."""
    return scales.target(options, EMBEDDED, SHAPES_TARGET, COCO_TARGET)
