"""One batch of noise on the device, handed out over and over: no loading, no copy, nothing to learn."""

from __future__ import annotations

import torch

from workloads.common.repeated import Repeated
from workloads.images.input import Batch, to_device


def noise(batch: int, pixels: int, classes: int, times: int, device: torch.device, seed: int) -> Repeated[Batch]:
    """`batch` images of `pixels` × `pixels` with labels of so many classes."""
    dice = torch.Generator(device).manual_seed(seed)
    images = torch.randint(0, 256, (batch, 3, pixels, pixels), dtype=torch.uint8, device=device, generator=dice)
    labels = torch.randint(0, classes, (batch,), device=device, generator=dice)
    return Repeated(to_device((images, labels), device), times)
