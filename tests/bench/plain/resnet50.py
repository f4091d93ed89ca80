"""torchvision's ResNet-50, channels-last."""

from __future__ import annotations

import torch
import torchvision
from torch.nn import functional

from tests.bench.plain.loop import Plain, sgd


def made(batch: int) -> Plain:
    """Images of 224."""
    model = torchvision.models.resnet50().cuda().to(memory_format=torch.channels_last)
    images = torch.randn(batch, 3, 224, 224, device="cuda").to(memory_format=torch.channels_last)
    labels = torch.randint(1000, (batch,), device="cuda")
    return sgd(model, batch, lambda: functional.cross_entropy(model(images), labels))
