"""What the model sees of an image: in training it is mirrored half of the time, and its objects with it.

Sizes are left alone: torchvision's model resizes images and masks itself, on the device.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import torch
from PIL import Image
from torchvision.transforms import v2

from workloads.detection.dataset import Target

Batch: TypeAlias = list[tuple[torch.Tensor, Target]]
"""Of each sample the image (3, H, W) as loaded uint8 and its Target with masks; noise is float32 already."""

MIRRORED = v2.Compose([v2.RandomHorizontalFlip(), v2.PILToTensor()])


def training(image: Image.Image, target: Target) -> tuple[torch.Tensor, Target]:
    """Mirrored half of the time, as in MLPerf's reference (tools/train_mlperf.py)."""
    seen, kept = MIRRORED(image, target)
    return seen, {name: value.as_subclass(torch.Tensor) for name, value in kept.items()}


def whole(image: Image.Image) -> torch.Tensor:
    """The image (3, H, W) as it is."""
    pixels: torch.Tensor = v2.functional.pil_to_tensor(image)
    return pixels


def to_device(images: Sequence[torch.Tensor], device: torch.device) -> list[torch.Tensor]:
    """Each (3, H, W), from 0 to 1 where it was loaded, on the device, without waiting for it."""
    return [_shares(image.to(device, non_blocking=True)) for image in images]


def _shares(image: torch.Tensor) -> torch.Tensor:
    return image.float().div_(255) if image.dtype is torch.uint8 else image
