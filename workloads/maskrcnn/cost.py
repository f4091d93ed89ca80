"""What Mask R-CNN costs an image in training: FLOP of its parts, which don't all see the same number of things."""

from __future__ import annotations

import math

import torch
from torch.utils.flop_counter import FlopCounterMode

from workloads.maskrcnn.model import BOX_CELLS, MASK_CELLS, mask_rcnn
from workloads.maskrcnn.recipe import POSITIVES, Recipe

STRIDE = 32
"""Images are padded to whole cells of the backbone's last map."""


def flop_per_image(recipe: Recipe, classes: int) -> float:
    """FLOP to train on one usual image: 2 for each multiply-add forward, and twice as many again for backward.

    How many proposals there are depends on the image. Counted are as many as the recipe trains on at most: its
    `samples` for the boxes, and a quarter of them, those that may have an object, for the masks. RoI align, choosing
    and comparing boxes aren't counted.
    """
    with torch.device("meta"):
        model = mask_rcnn(recipe, classes)
        image = torch.empty(1, 3, *padded(recipe))
        boxes = torch.empty(recipe.samples, recipe.channels, BOX_CELLS, BOX_CELLS)
        masks = torch.empty(round(recipe.samples * POSITIVES), recipe.channels, MASK_CELLS, MASK_CELLS)
    with FlopCounterMode(display=False) as counter, torch.inference_mode():
        model.rpn.head(list(model.backbone(image).values()))
        model.roi_heads.box_predictor(model.roi_heads.box_head(boxes))
        model.roi_heads.mask_predictor(model.roi_heads.mask_head(masks))
    forward: int = counter.get_total_flops()
    return 3.0 * forward


def padded(recipe: Recipe) -> tuple[int, int]:
    """Height and width of a usual image as the backbone has it."""
    width = min(recipe.longest, round(recipe.pixels * recipe.ratio))
    return math.ceil(recipe.pixels / STRIDE) * STRIDE, math.ceil(width / STRIDE) * STRIDE
