"""Pictures of circles, squares and triangles in COCO's format: JPEG files and annotations, generated from one seed.

A shape has any of many colours, so that nothing but its form tells its class; it is turned a little and may cover part
of another one. Picture and background are noisy. Boxes and masks are those of what can be seen of a shape.
"""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw

from workloads.detection import masks
from workloads.detection.coco import Content, Part

NAMES = ("circle", "square", "triangle")
CORNERS = (48, 4, 3)
"""A circle is a polygon with many corners."""

MOST = 4
SMALLEST, LARGEST = 0.18, 0.5
"""A shape's diameter, as a share of the picture's side."""

TURN = 0.26
"""Radians, either way: a square that stands on a corner is never drawn."""

LEAST_SEEN = 0.7
TRIES = 20
SEED = 2017
"""One set of pictures for every run, whatever its --seed: results on the held-out ones stay comparable."""


def parts(train: int, held_out: int, pixels: int) -> tuple[Part, Part]:
    """So many pictures to train on, and so many others, about `pixels` wide and high."""
    return part(train, pixels, np.random.default_rng([SEED, 0])), part(
        held_out, pixels, np.random.default_rng([SEED, 1])
    )


def part(count: int, pixels: int, dice: np.random.Generator) -> Part:
    """`count` pictures with their annotations."""
    files: dict[str, bytes] = {}
    content: Content = {"info": {}, "images": [], "annotations": [], "categories": categories()}
    for number in range(1, count + 1):
        name = f"{number:012}.jpg"
        picture, kinds, owner = draw(pixels, dice)
        files[name] = _jpeg(picture)
        content["images"].append({"id": number, "file_name": name, "height": len(owner), "width": len(owner[0])})
        for shape, kind in enumerate(kinds, 1):
            named = {"id": len(content["annotations"]) + 1, "image_id": number, "category_id": kind + 1}
            content["annotations"].append(named | seen(owner == shape))
    return Part(content, files.__getitem__)


def categories() -> list[Content]:
    """The shapes as COCO lists its classes."""
    return [{"id": number, "name": name, "supercategory": "shape"} for number, name in enumerate(NAMES, 1)]


def seen(mask: npt.NDArray[np.bool_]) -> Content:
    """Box, area and segmentation of a mask, as a COCO annotation has them."""
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    left, top = int(columns[0]), int(rows[0])
    box = [left, top, int(columns[-1]) + 1 - left, int(rows[-1]) + 1 - top]
    return {"bbox": box, "area": int(mask.sum()), "iscrowd": 0, "segmentation": masks.encode(mask)}


def draw(pixels: int, dice: np.random.Generator) -> tuple[npt.NDArray[np.uint8], list[int], npt.NDArray[np.int64]]:
    """A picture (H, W, 3), the kinds of its shapes, and (H, W): whose pixel each is, 0 for the background's."""
    height, width = dice.integers(round(0.85 * pixels), round(1.15 * pixels), 2)
    picture = 20 * dice.standard_normal((height, width, 3), np.float32) + dice.integers(90, 166, 3)
    owner = np.zeros((height, width), np.int64)
    kinds: list[int] = []
    areas = [0]
    for _ in range(dice.integers(1, MOST + 1)):
        kind, mask = place(owner, areas, dice)
        if mask is not None:
            kinds.append(kind)
            areas.append(int(mask.sum()))
            owner[mask] = len(kinds)
            picture[mask] = colour(dice)
    picture += 8 * dice.standard_normal(picture.shape, np.float32)
    return picture.clip(0, 255).astype(np.uint8), kinds, owner


def place(
    owner: npt.NDArray[np.int64], areas: list[int], dice: np.random.Generator
) -> tuple[int, npt.NDArray[np.bool_] | None]:
    """A shape's kind and mask, such that enough is still seen of each one below it; None when that can't be had.

    `areas` are the pixels that the shapes so far have had; that of the background is 0.
    """
    kind = int(dice.integers(len(NAMES)))
    least = LEAST_SEEN * np.array(areas)
    for _ in range(TRIES):
        mask = form(CORNERS[kind], owner.shape, dice)
        left = np.bincount(owner[~mask], minlength=len(areas))
        if (left >= least).all():
            return kind, mask
    return kind, None


def form(corners: int, shape: tuple[Any, ...], dice: np.random.Generator) -> npt.NDArray[np.bool_]:
    """The mask of a regular polygon, wholly in the picture, of any size and place and turned a little."""
    height, width = shape
    radius = dice.uniform(SMALLEST, LARGEST) * min(height, width) / 2
    x, y = dice.uniform(radius, width - radius), dice.uniform(radius, height - radius)
    first = np.pi / 4 if corners == 4 else -np.pi / 2
    angles = first + dice.uniform(-TURN, TURN) + 2 * np.pi * np.arange(corners) / corners
    canvas = Image.new("1", (int(width), int(height)))
    points = np.stack([x + radius * np.cos(angles), y + radius * np.sin(angles)], 1)
    ImageDraw.Draw(canvas).polygon([(float(a), float(b)) for a, b in points], fill=1)
    return np.array(canvas)


def colour(dice: np.random.Generator) -> npt.NDArray[np.int64]:
    """Red, green and blue, each far from the background's."""
    return np.where(dice.random(3) < 0.5, dice.integers(0, 50, 3), dice.integers(206, 256, 3))


def _jpeg(picture: npt.NDArray[np.uint8]) -> bytes:
    file = io.BytesIO()
    Image.fromarray(picture).save(file, "JPEG", quality=90)
    return file.getvalue()
