"""One batch of noise on the device, handed out over and over: no loading, no copy, nothing to learn."""

from __future__ import annotations

import itertools

import torch

from workloads.images.input import Batch, to_device


class Repeated:
    """The same batch, `times` times an epoch."""

    def __init__(self, batch: Batch, times: int) -> None:
        self._batch = batch
        self._times = times

    def __iter__(self) -> itertools.repeat[Batch]:
        return itertools.repeat(self._batch, self._times)


def noise(batch: int, pixels: int, classes: int, times: int, device: torch.device, seed: int) -> Repeated:
    """`batch` images of `pixels` × `pixels` with labels of so many classes."""
    dice = torch.Generator(device).manual_seed(seed)
    images = torch.randint(0, 256, (batch, 3, pixels, pixels), dtype=torch.uint8, device=device, generator=dice)
    labels = torch.randint(0, classes, (batch,), device=device, generator=dice)
    return Repeated(to_device((images, labels), device), times)
