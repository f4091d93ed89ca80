"""The model: torchvision's Mask R-CNN on a ResNet with a feature pyramid, built to the recipe's width.

MLPerf's reference starts from a backbone that was trained on ImageNet and keeps its batch normalisation frozen. Here
the weights are random, so the normalisation has to learn, and two images are too few for the statistics of a batch:
the backbone has group normalisation instead, as Mask R-CNN from scratch has (He et al., arXiv 1811.08883). It has as
many parameters as batch normalisation.
"""

from __future__ import annotations

from collections import OrderedDict

import torch
from torch import nn
from torch.nn import functional
from torchvision.models.detection.anchor_utils import AnchorGenerator
from torchvision.models.detection.backbone_utils import BackboneWithFPN
from torchvision.models.detection.faster_rcnn import FastRCNNPredictor, TwoMLPHead
from torchvision.models.detection.mask_rcnn import MaskRCNNHeads, MaskRCNNPredictor
from torchvision.models.resnet import Bottleneck
from torchvision.ops import MultiScaleRoIAlign

from workloads.maskrcnn.recipe import POSITIVES, Recipe
from workloads.maskrcnn.unwaiting import Segmentation

GROUPS = 32
"""Of channels that are normalised together (Wu & He, arXiv 1803.08494); fewer where there are fewer channels."""

RATIOS = (0.5, 1.0, 2.0)
"""Height over width of the anchors (e2e_mask_rcnn_R_50_FPN_1x.yaml and config/defaults.py of MLPerf's reference)."""

STAGES = ("stage1", "stage2", "stage3", "stage4")
LEVELS = ("0", "1", "2", "3")
"""The pyramid's names of the stages' maps, of strides 4, 8, 16 and 32; torchvision adds a `pool` of 64."""

BOX_CELLS, MASK_CELLS = 7, 14
"""Height and width of what is cut out of the maps for a box and for its mask, which is twice as fine in the end."""

SAMPLING = 2
"""Points along each side of such a cell."""


def mask_rcnn(recipe: Recipe, classes: int) -> Segmentation:
    """Images, each (3, H, W) from 0 to 1, to the dictionary of losses in training, and to what is found otherwise.

    `classes` doesn't count the background. Training takes the targets of the images as its second argument.
    """
    channels = recipe.channels
    sizes = tuple((size,) for size in recipe.anchors)
    return Segmentation(
        backbone(recipe),
        min_size=recipe.pixels,
        max_size=recipe.longest,
        rpn_anchor_generator=AnchorGenerator(sizes, (RATIOS,) * len(sizes)),
        rpn_pre_nms_top_n_train=recipe.proposals,
        rpn_post_nms_top_n_train=recipe.proposals,
        rpn_pre_nms_top_n_test=recipe.proposals // 2,
        rpn_post_nms_top_n_test=recipe.proposals // 2,
        rpn_batch_size_per_image=recipe.samples // 2,
        box_batch_size_per_image=recipe.samples,
        box_positive_fraction=POSITIVES,
        box_roi_pool=MultiScaleRoIAlign(list(LEVELS), BOX_CELLS, SAMPLING),
        box_head=TwoMLPHead(channels * BOX_CELLS**2, recipe.hidden),
        box_predictor=FastRCNNPredictor(recipe.hidden, classes + 1),
        mask_roi_pool=MultiScaleRoIAlign(list(LEVELS), MASK_CELLS, SAMPLING),
        mask_head=MaskRCNNHeads(channels, (channels,) * recipe.mask_layers, 1),
        mask_predictor=MaskRCNNPredictor(channels, channels, classes + 1),
    )


def backbone(recipe: Recipe) -> BackboneWithFPN:
    """Images (N, 3, H, W) to maps of `channels` each, by their level."""
    widths = [4 * recipe.width * 2**number for number in range(len(STAGES))]
    levels = dict(zip(STAGES, LEVELS, strict=True))
    return BackboneWithFPN(body(recipe.width, recipe.blocks), levels, widths, recipe.channels)


def body(width: int, blocks: tuple[int, ...]) -> nn.Sequential:
    """A ResNet of bottlenecks as torchvision has it, without its classifier; 64 and (3, 4, 6, 3) make ResNet-50.

    Images are (N, 3, H, W), and what comes out (N, 32 · `width`, H / 32, W / 32).
    """
    first = nn.Sequential(nn.Conv2d(3, width, 7, 2, 3, bias=False), norm(width), nn.ReLU(inplace=True))
    parts: OrderedDict[str, nn.Module] = OrderedDict(stem=first, pool=nn.MaxPool2d(3, 2, 1))
    before = width
    for number, (name, count) in enumerate(zip(STAGES, blocks, strict=True)):
        middle = width * 2**number
        parts[name] = stage(before, middle, count, 1 if number == 0 else 2)
        before = 4 * middle
    made = nn.Sequential(parts)
    for module in made.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
    return made


def stage(before: int, middle: int, blocks: int, stride: int) -> nn.Sequential:
    """Bottlenecks of `middle` channels, of which the first has the stride and a 1×1 convolution beside it."""
    short = nn.Sequential(nn.Conv2d(before, 4 * middle, 1, stride, bias=False), norm(4 * middle))
    first = Bottleneck(before, middle, stride, short, norm_layer=norm)
    return nn.Sequential(first, *(Bottleneck(4 * middle, middle, norm_layer=norm) for _ in range(blocks - 1)))


class Norm(nn.GroupNorm):
    """In the type of its input: autocast would have single precision, and with it twice the memory's work."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(N, C, H, W) normalised; means and deviations are of single precision all the same."""
        weight, bias = self.weight.to(x.dtype), self.bias.to(x.dtype)
        with torch.autocast("cuda" if x.is_cuda else "cpu", enabled=False):
            return functional.group_norm(x, self.num_groups, weight, bias, self.eps)


def norm(channels: int) -> Norm:
    """Normalises groups of at least two channels, each image by itself."""
    return Norm(min(GROUPS, channels // 2), channels)
