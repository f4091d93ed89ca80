"""From images as loaded to images as a detector takes them."""

from __future__ import annotations

import torch

MEAN = (0.485, 0.456, 0.406)
SPREAD = (0.229, 0.224, 0.225)
"""ImageNet's mean and standard deviation of red, green and blue, by which both references normalise."""


def normalised(images: torch.Tensor, device: torch.device) -> torch.Tensor:
    """Images (N, 3, H, W) uint8 as normalised float32, channels last, on the device, without waiting for it.

    Those that are float32 already come back as they are.
    """
    if images.dtype is not torch.uint8:
        return images
    images = images.to(device, non_blocking=True).contiguous(memory_format=torch.channels_last)
    mean, spread = (_colours(values, device) for values in (MEAN, SPREAD))
    return images.float().div_(255).sub_(mean).div_(spread)


def _colours(values: tuple[float, ...], device: torch.device) -> torch.Tensor:
    """Three numbers as (3, 1, 1), filled in on the device: a copy from the host would wait for it."""
    return torch.stack([torch.full((1, 1), value, device=device) for value in values])
