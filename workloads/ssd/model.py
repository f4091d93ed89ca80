"""The model: ResNet-34 up to its third stage, smaller and smaller feature maps after it, two heads on each.

As MLPerf's reference has it (mlcommons/training, single_stage_detector/ssd: base_model.py, ssd300.py): the third stage
doesn't halve the image, so that 300 pixels give 38×38 cells, and what comes after it has no batch normalisation.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import nn
from torchvision.models.resnet import BasicBlock

from workloads.ssd.recipe import Level

EXTRAS = ((256, 512, 2), (256, 512, 2), (128, 256, 2), (128, 256, 1), (128, 256, 1))
"""After the backbone: channels of a 1×1 convolution, channels of the 3×3 after it, and this one's stride.

With a stride it is padded; without one it is not, and takes a cell from each edge."""

FULL = 64
"""The backbone's width for which those channels are."""


class SSD(nn.Module):
    """(N, 3, H, H) images to offsets (N, A, 4) and scores (N, A, `classes` + 1) of A default boxes; 0 is background."""

    def __init__(self, classes: int, levels: Sequence[Level], width: int, blocks: Sequence[int]) -> None:
        super().__init__()
        self.scored = classes + 1
        self.backbone = backbone(width, blocks)
        channels = [4 * width, *(out * width // FULL for _, out, _ in EXTRAS[: len(levels) - 1])]
        self.extras = nn.ModuleList(
            extra(before, middle * width // FULL, after, stride)
            for (before, after), (middle, _, stride) in zip(pairwise(channels), EXTRAS, strict=False)
        )
        kinds = [level.kinds for level in levels]
        self.offsets = nn.ModuleList(head(count, 4 * kind) for count, kind in zip(channels, kinds, strict=True))
        self.scores = nn.ModuleList(
            head(count, self.scored * kind) for count, kind in zip(channels, kinds, strict=True)
        )
        for module in (self.extras, self.offsets, self.scores):
            module.apply(initialise)

    def forward(self, images: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        maps = [self.backbone(images)]
        for one in self.extras:
            maps.append(one(maps[-1]))
        offsets = [by_box(to(one), 4) for to, one in zip(self.offsets, maps, strict=True)]
        scores = [by_box(to(one), self.scored) for to, one in zip(self.scores, maps, strict=True)]
        return torch.cat(offsets, 1), torch.cat(scores, 1)


def backbone(width: int, blocks: Sequence[int]) -> nn.Sequential:
    """(N, 3, H, W) images to (N, 4 · `width`, H / 8, W / 8): torchvision's ResNet of basic blocks without stage 4."""
    stem = [nn.Conv2d(3, width, 7, 2, 3, bias=False), nn.BatchNorm2d(width), nn.ReLU(inplace=True)]
    stages = [
        stage(width, width, blocks[0], 1),
        stage(width, 2 * width, blocks[1], 2),
        stage(2 * width, 4 * width, blocks[2], 1),
    ]
    made = nn.Sequential(*stem, nn.MaxPool2d(3, 2, 1), *stages)
    for module in made.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
    return made


def stage(before: int, channels: int, blocks: int, stride: int) -> nn.Sequential:
    """Basic blocks, of which the first has the stride, and a 1×1 convolution beside it where the shape changes."""
    short = None
    if stride != 1 or before != channels:
        short = nn.Sequential(nn.Conv2d(before, channels, 1, stride, bias=False), nn.BatchNorm2d(channels))
    first = BasicBlock(before, channels, stride, short)
    return nn.Sequential(first, *(BasicBlock(channels, channels) for _ in range(blocks - 1)))


def extra(before: int, middle: int, after: int, stride: int) -> nn.Sequential:
    """A feature map to the next smaller one."""
    narrow, shrink = nn.Conv2d(before, middle, 1), nn.Conv2d(middle, after, 3, stride, padding=stride - 1)
    return nn.Sequential(narrow, nn.ReLU(inplace=True), shrink, nn.ReLU(inplace=True))


def head(channels: int, out: int) -> nn.Conv2d:
    """What says something of each cell's boxes."""
    return nn.Conv2d(channels, out, 3, padding=1)


def initialise(module: nn.Module) -> None:
    """Weights uniform by fan-in and fan-out, as in the reference; biases stay torch's."""
    if isinstance(module, nn.Conv2d):
        nn.init.xavier_uniform_(module.weight)


def by_box(said: torch.Tensor, each: int) -> torch.Tensor:
    """(N, kinds · `each`, H, W) to (N, H · W · kinds, `each`): free of copies when it lies channels last."""
    return said.permute(0, 2, 3, 1).reshape(len(said), -1, each)
