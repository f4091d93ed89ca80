"""A data set of images with objects, ready to train on, and what is said of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

from workloads.common.options import Options
from workloads.common.scales import Scaled
from workloads.common.task import Batches
from workloads.detection import coco, shapes
from workloads.detection.coco import Part
from workloads.detection.layout import HELD_OUT, TRAIN
from workloads.detection.metric import Judge

R = TypeVar("R", bound=Scaled)


@dataclass(frozen=True, slots=True)
class HeldOut:
    """Each loop over `batches` is one of the held-out images, which `judge` knows the truth of."""

    batches: Iterable[Any]
    judge: Judge
    images: int


@dataclass(frozen=True, slots=True)
class Data(Generic[R]):
    """`held_out` is None where there is nothing to evaluate; `recipe` fits the data's size.

    Each loop over `train` is one epoch; `batches_ahead` of its batches may be ready before they are asked for.
    `classes` doesn't count the background.
    """

    name: str
    classes: int
    train: Batches[Any]
    held_out: HeldOut | None
    train_images: int
    steps_per_epoch: int
    recipe: R
    batches_ahead: int = 0

    @property
    def held_out_images(self) -> int:
        """0 where there is nothing to evaluate."""
        return 0 if self.held_out is None else self.held_out.images


@dataclass(frozen=True, slots=True)
class Source:
    """Where images come from, under a name for people."""

    name: str
    train: Part
    held_out: Part

    @property
    def classes(self) -> int:
        """How many there are, without the background."""
        return len(self.train.content["categories"])


JUDGED = ("id", "area", "iscrowd")
"""What pycocotools reads of a held-out annotation, beside its box."""


def source(options: Options, pictures: tuple[int, int], pixels: int, *, with_masks: bool = False) -> Source:
    """What `--data` names: a folder, or shapes of so many `pictures` to train on and to evaluate. Raises Refusal."""
    if options.data == "shapes":
        return Source(f"shapes ({sum(pictures):,} generated pictures)", *shapes.parts(*pictures, pixels))
    root = Path(options.data)
    drawn = ("segmentation",) if with_masks else ()
    return Source(options.data, coco.part(root, TRAIN, drawn), coco.part(root, HELD_OUT, JUDGED + drawn))
