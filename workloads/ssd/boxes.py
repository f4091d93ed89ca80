"""The default boxes: where they are, which object each is to find, and how an object's place is told from its box.

Boxes are in shares of the image's side. As in MLPerf's reference (single_stage_detector/ssd/utils.py), after
Liu et al., arXiv 1512.02325.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence

import torch
from torchvision.ops import box_convert, box_iou

from workloads.ssd.recipe import Level

PLACE, SIZE = 0.1, 0.2
"""What an offset of 1 stands for: of a centre, in sides of the default box; of a side, in powers of e."""

OVERLAP = 0.5
"""Intersection over union from which on a default box is to find an object."""

BACKGROUND = 0


class DefaultBoxes:
    """`centred` (A, 4) are x and y of the centre, width and height; `edges` (A, 4) left, top, right, bottom.

    They go by level, by row, by column, and by kind within a cell. Sides are at most the image's.
    """

    def __init__(self, levels: Sequence[Level], pixels: int, device: torch.device | None = None) -> None:
        boxes = [box for level in levels for box in _boxes(level, pixels)]
        self.centred = torch.tensor(boxes, device=device).clamp_(0, 1)
        self.edges = box_convert(self.centred, "cxcywh", "xyxy")

    def match(self, boxes: torch.Tensor, labels: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Offsets (A, 4) and labels (A) that the default boxes should have for an image's objects.

        `boxes` (M, 4) are left, top, right, bottom, `labels` (M) from 1. A default box is to find the object that it
        overlaps most, when that is by more than a half; each object's best default box is to find it in any case. The
        others are background, with offsets of 0.
        """
        offsets, found = torch.zeros_like(self.centred), torch.zeros(len(self.centred), dtype=torch.int64)
        if len(boxes) == 0:
            return offsets, found
        overlaps = box_iou(boxes, self.edges)
        overlap, nearest = overlaps.max(0)
        best = overlaps.argmax(1)
        nearest[best] = torch.arange(len(boxes))
        chosen = overlap > OVERLAP
        chosen[best] = True
        found[chosen] = labels[nearest[chosen]]
        offsets[chosen] = self._offsets(boxes)[nearest[chosen], chosen.nonzero()[:, 0]]
        return offsets, found

    def place(self, offsets: torch.Tensor) -> torch.Tensor:
        """Boxes (…, A, 4) by their edges, cut at the image's, where `offsets` (…, A, 4) say that objects are."""
        centre, size = self.centred[:, :2], self.centred[:, 2:]
        at = centre + PLACE * offsets[..., :2] * size
        half = size * (SIZE * offsets[..., 2:]).exp() / 2
        return torch.cat([at - half, at + half], -1).clamp(0, 1)

    def _offsets(self, boxes: torch.Tensor) -> torch.Tensor:
        """From each default box to each of `boxes` (M, 4): (M, A, 4)."""
        centre, size = self.centred[:, :2], self.centred[:, 2:]
        there = box_convert(boxes, "xyxy", "cxcywh").unsqueeze(1)
        return torch.cat([(there[..., :2] - centre) / size / PLACE, (there[..., 2:] / size).log() / SIZE], -1)


def _boxes(level: Level, pixels: int) -> Iterator[tuple[float, float, float, float]]:
    """Centre and sides of a level's boxes, in shares of the image's side."""
    square, middle = level.size / pixels, math.sqrt(level.size * level.larger) / pixels
    sides = [(square, square), (middle, middle)]
    for ratio in level.ratios:
        long, short = square * math.sqrt(ratio), square / math.sqrt(ratio)
        sides += [(long, short), (short, long)]
    for row, column in itertools.product(range(level.cells), repeat=2):
        x, y = ((cell + 0.5) * level.step / pixels for cell in (column, row))
        yield from ((x, y, width, height) for width, height in sides)
