"""The model: torchvision's ResNet-50, which is v1.5."""

from __future__ import annotations

from torchvision.models.resnet import Bottleneck, ResNet

LAYERS = [3, 4, 6, 3]


def resnet50(classes: int, width: int = 64) -> ResNet:
    """ResNet-50 v1.5: (N, 3, H, W) images to (N, `classes`) logits.

    v1.5 means that a stage's stride lies in the 3×3 convolution of its first bottleneck, not in the 1×1 before it.
    `width` 64 is the real model, with 25,557,032 parameters for 1,000 classes; less narrows the 3×3 convolutions in
    the bottlenecks in proportion and nothing else. The last batch normalisation of each block starts at 0, so that
    each block starts as the identity (Goyal et al., arXiv 1706.02677, section 5.1).
    """
    return ResNet(Bottleneck, LAYERS, num_classes=classes, zero_init_residual=True, width_per_group=width)
