"""The model: a ResNet-18 whose blocks normalise first, with a narrower last stage and two kinds of pooling.

As the entry has it (bkj/basenet at 49b2b61, after kuangliu/pytorch-cifar): a 3×3 stem, stages of 64, 128, 256 and 256
channels with two blocks each, and the average and the maximum over the last image side by side.
"""

from __future__ import annotations

from typing import cast

import torch
from torch import nn
from torch.nn import functional

STAGES = ((1, 1), (2, 2), (4, 2), (4, 2))
"""Of each stage its channels, in widths, and its first block's stride."""

BLOCKS = 2


class Block(nn.Module):
    """Two 3×3 convolutions, each after its normalisation and ReLU; a 1×1 convolution where the shape changes."""

    def __init__(self, channels_in: int, channels: int, stride: int) -> None:
        super().__init__()
        self.norm1 = nn.BatchNorm2d(channels_in)
        self.conv1 = nn.Conv2d(channels_in, channels, 3, stride, padding=1, bias=False)
        self.norm2 = nn.BatchNorm2d(channels)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        changes = stride != 1 or channels_in != channels
        self.shortcut = nn.Conv2d(channels_in, channels, 1, stride, bias=False) if changes else None

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        out = functional.relu(self.norm1(x))
        kept = x if self.shortcut is None else self.shortcut(out)
        out = self.conv2(functional.relu(self.norm2(self.conv1(out))))
        return cast(torch.Tensor, out + kept)


class ResNet18(nn.Module):
    """(N, 3, H, W) images to (N, `classes`) logits; `width` 64 is the entry's."""

    def __init__(self, classes: int, width: int = 64) -> None:
        super().__init__()
        stem = [nn.Conv2d(3, width, 3, padding=1, bias=False), nn.BatchNorm2d(width), nn.ReLU()]
        blocks: list[nn.Module] = []
        channels = width
        for widths, stride in STAGES:
            for number in range(BLOCKS):
                blocks.append(Block(channels, widths * width, stride if number == 0 else 1))
                channels = widths * width
        self.features = nn.Sequential(*stem, *blocks)
        self.classifier = nn.Linear(2 * channels, classes)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        found = self.features(x)
        places = found.flatten(2)
        # Not adaptive_max_pool2d, whose backward pass has no deterministic kernel on a GPU.
        pooled = torch.cat([places.mean(2), places.max(2).values], 1)
        return cast(torch.Tensor, self.classifier(pooled))
