"""Noise with boxes at random on the device: nothing is loaded, nothing can be learned."""

from __future__ import annotations

import torch

from workloads.detection.dataset import Target
from workloads.detection.input import normalised

OBJECTS = 7
"""In each image: about as many as COCO's training images have."""


def noise(batch: int, pixels: int, device: torch.device, seed: int) -> torch.Tensor:
    """Normalised images (N, 3, `pixels`, `pixels`)."""
    dice = torch.Generator(device).manual_seed(seed)
    shape = (batch, 3, pixels, pixels)
    return normalised(torch.randint(0, 256, shape, dtype=torch.uint8, device=device, generator=dice), device)


def targets(
    batch: int, pixels: int, classes: int, device: torch.device, seed: int, *, with_masks: bool = False
) -> list[Target]:
    """Of each image the boxes, a twentieth to half of its side wide and high, the labels, and the boxes as masks."""
    dice = torch.Generator().manual_seed(seed)
    return [_target(pixels, classes, device, dice, with_masks=with_masks) for _ in range(batch)]


def _target(pixels: int, classes: int, device: torch.device, dice: torch.Generator, *, with_masks: bool) -> Target:
    size = torch.rand(OBJECTS, 2, generator=dice) * 0.45 + 0.05
    corner = torch.rand(OBJECTS, 2, generator=dice) * (1 - size)
    boxes = torch.cat([corner, corner + size], 1) * pixels
    made = {"boxes": boxes, "labels": torch.randint(1, classes + 1, (OBJECTS,), generator=dice)}
    if with_masks:
        made["masks"] = torch.stack([_filled(box, pixels) for box in boxes])
    return {name: value.to(device) for name, value in made.items()}


def _filled(box: torch.Tensor, pixels: int) -> torch.Tensor:
    mask = torch.zeros(pixels, pixels, dtype=torch.uint8)
    left, top, right, bottom = (int(edge) for edge in box)
    mask[top : bottom + 1, left : right + 1] = 1
    return mask
