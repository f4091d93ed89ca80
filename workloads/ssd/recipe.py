"""The numbers of a run: what each scale trains with, and how the options change it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from workloads.common import scales
from workloads.common.options import Options
from workloads.common.ranks import replicas
from workloads.images import recipe

MOMENTUM = 0.9
WEIGHT_DECAY = 5e-4
COCO_TARGET = 0.23
"""MLPerf's (mlcommons/training, single_stage_detector/ssd/train.py at v0.7). The mean AP is of boxes."""

SHAPES_TARGET = 0.60
"""Mean AP on the shapes that are held out: 0.001 with random weights, 0.2 to 0.3 after three epochs at `tiny`."""

EMBEDDED = "shapes"


@dataclass(frozen=True, slots=True)
class Level:
    """A feature map of `cells` × `cells`, `step` pixels apart, and the default boxes in the middle of each cell.

    They are a square of `size` pixels, one of √(`size` · `larger`), and for each of `ratios` a wide and a high box of
    the first one's area.
    """

    cells: int
    step: int
    size: int
    larger: int
    ratios: tuple[int, ...]

    @property
    def kinds(self) -> int:
        """Boxes in a cell."""
        return 2 + 2 * len(self.ratios)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe(recipe.Recipe):
    """`blocks` are the backbone's by stage, and its stages have `width`, 2 · `width` and 4 · `width` channels.

    `warmup` is in steps; the rate falls to a tenth after each of `decays`, shares of the epochs. `pictures` are the
    embedded data's: to train on, and held out.
    """

    blocks: tuple[int, int, int]
    levels: tuple[Level, ...]
    warmup: int
    decays: tuple[float, float]
    pictures: tuple[int, int]

    @property
    def boundaries(self) -> list[float]:
        """The epochs after which the rate falls."""
        return [share * self.epochs for share in self.decays]


SMALL_LEVELS = (
    Level(16, 8, 18, 32, (2,)),
    Level(8, 16, 32, 52, (2, 3)),
    Level(4, 32, 52, 84, (2, 3)),
    Level(2, 64, 84, 128, (2,)),
)
"""For 128 pixels: 1,520 boxes, the first four of the six feature maps, and sizes that fit the shapes."""

REFERENCE_LEVELS = (
    Level(38, 8, 21, 45, (2,)),
    Level(19, 16, 45, 99, (2, 3)),
    Level(10, 32, 99, 153, (2, 3)),
    Level(5, 64, 153, 207, (2, 3)),
    Level(3, 100, 207, 261, (2,)),
    Level(1, 300, 261, 315, (2,)),
)
"""For 300 pixels: 8,732 boxes (mlcommons/training, single_stage_detector/ssd/train.py, dboxes300_coco)."""

TINY = Recipe(
    scale="tiny",
    pixels=128,
    width=16,
    blocks=(1, 1, 1),
    levels=SMALL_LEVELS,
    batch=16,
    lr=0.02,
    warmup=50,
    epochs=16,
    decays=(0.75, 0.9),
    pictures=(800, 200),
)
"""For two CPU cores: a quarter of the width, one block a stage instead of 3, 4 and 6, and 128 pixels."""

SMALL = Recipe(
    scale="small",
    pixels=128,
    width=64,
    blocks=(3, 4, 6),
    levels=SMALL_LEVELS,
    batch=32,
    lr=0.01,
    warmup=100,
    epochs=40,
    decays=(0.75, 0.9),
    pictures=(1600, 400),
)
"""The whole backbone on small images, for shapes on a GPU."""

REFERENCE = Recipe(
    scale="reference",
    pixels=300,
    width=64,
    blocks=(3, 4, 6),
    levels=REFERENCE_LEVELS,
    batch=32,
    lr=2.5e-3,
    warmup=300,
    epochs=80,
    decays=(40 / 80, 50 / 80),
    pictures=(800, 200),
    eval_every=5,
)
"""MLPerf's: 2.5e-3 for 32 images, a tenth of it after 40 epochs and again after 50, evaluated up to epoch 80 (train.py
there; it evaluates at 40 first). The warm-up is that of NVIDIA's v0.5 entry. The reference begins with a backbone that
was trained on ImageNet, and this one with random weights: expect it to need more epochs."""

SCALES = {one.scale: one for one in (TINY, SMALL, REFERENCE)}


def choose(options: Options, kind: str) -> Recipe:
    """The recipe for a device of this `kind` (cpu, cuda): its scale's, with what the options change."""
    chosen = scales.at_scale(options, kind, SCALES, EMBEDDED)
    chosen = chosen if options.batch is None else recipe.with_batch(chosen, options.batch)
    return replace(chosen, lr=chosen.lr * replicas(options.accumulate))


def target(options: Options) -> float | None:
    """The mean AP at which a run is done; None for synthetic data, which has nothing to learn."""
    return scales.target(options, EMBEDDED, SHAPES_TARGET, COCO_TARGET)
