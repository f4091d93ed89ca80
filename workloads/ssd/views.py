"""What the model sees of an image: a random part of it in training, the whole of it otherwise."""

from __future__ import annotations

from typing import TypeAlias

import torch
from PIL import Image
from torchvision.transforms import v2

from workloads.detection.dataset import Target
from workloads.ssd.boxes import DefaultBoxes

CROPS = 1
"""How often a crop is tried before other limits are drawn: MLPerf's max_samples."""

Batch: TypeAlias = tuple[torch.Tensor, torch.Tensor, torch.Tensor]
"""Images (N, 3, H, H) as loaded uint8, offsets (N, A, 4) float32 and labels (N, A) int64 of the default boxes."""


class Training:
    """Cropped, mirrored and recoloured at random; to each default box its offsets and its label.

    The crop is torchvision's, after the paper: one object at least must overlap it by the share that was drawn, where
    MLPerf's reference asks that of all. How far sizes, shapes and colours may change is the reference's (utils.py).
    """

    def __init__(self, boxes: DefaultBoxes, pixels: int) -> None:
        self._boxes, self._pixels = boxes, pixels
        self._change = v2.Compose(
            [
                v2.RandomIoUCrop(trials=CROPS),
                v2.Resize((pixels, pixels)),
                v2.RandomHorizontalFlip(),
                v2.SanitizeBoundingBoxes(),
                v2.ColorJitter(brightness=0.125, contrast=0.5, saturation=0.5, hue=0.05),
                v2.PILToTensor(),
            ]
        )

    def __call__(self, image: Image.Image, target: Target) -> Batch:
        seen, kept = self._change(image, target)
        offsets, labels = self._boxes.match(kept["boxes"].as_subclass(torch.Tensor) / self._pixels, kept["labels"])
        return seen, offsets, labels


def whole(pixels: int) -> v2.Compose:
    """An image to (3, `pixels`, `pixels`) uint8, whatever its shape."""
    return v2.Compose([v2.Resize((pixels, pixels)), v2.PILToTensor()])
