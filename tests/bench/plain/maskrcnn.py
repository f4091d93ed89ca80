"""torchvision's Mask R-CNN from random weights, all layers trained."""

from __future__ import annotations

import torch
import torchvision

from tests.bench.plain.loop import Plain, sgd

PIXELS, OBJECTS = 800, 7


def made(batch: int) -> Plain:
    """Square noise of 800 with seven boxes an image, as our synthetic data has."""
    build = torchvision.models.detection.maskrcnn_resnet50_fpn
    model = build(weights=None, weights_backbone=None, num_classes=81, trainable_backbone_layers=5).cuda()
    images = list(torch.rand(batch, 3, PIXELS, PIXELS, device="cuda"))
    targets = [_target() for _ in images]
    return sgd(model, batch, lambda: sum(model(images, targets).values()))


def _target() -> dict[str, torch.Tensor]:
    size = (torch.rand(OBJECTS, 2) * 0.45 + 0.05) * PIXELS
    corner = torch.rand(OBJECTS, 2) * (PIXELS - size)
    masks = torch.zeros(OBJECTS, PIXELS, PIXELS, dtype=torch.uint8)
    for mask, (x, y), (wide, high) in zip(masks, corner.int(), size.int(), strict=True):
        mask[y : y + high, x : x + wide] = 1
    target = {"boxes": torch.cat([corner, corner + size], 1), "labels": torch.randint(1, 81, (OBJECTS,))}
    return {name: value.cuda() for name, value in {**target, "masks": masks}.items()}
