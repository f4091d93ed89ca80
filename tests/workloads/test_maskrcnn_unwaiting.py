"""What our parts of Mask R-CNN find, beside what torchvision's own find."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace
from functools import partial
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torchvision.models.detection import MaskRCNN
from torchvision.models.detection._utils import BalancedPositiveNegativeSampler, Matcher
from torchvision.models.detection.anchor_utils import AnchorGenerator
from torchvision.models.detection.image_list import ImageList
from torchvision.models.detection.rpn import RegionProposalNetwork
from torchvision.models.detection.transform import GeneralizedRCNNTransform

from workloads.detection.dataset import Target
from workloads.detection.synthetic import targets
from workloads.maskrcnn.model import mask_rcnn
from workloads.maskrcnn.recipe import TINY
from workloads.maskrcnn.unwaiting import Matching, Sampler, Segmentation, Sizing, drawn

CPU = torch.device("cpu")
LABELS = st.lists(st.integers(-1, 3), min_size=1, max_size=60)
ALL = 10**6


@pytest.fixture(scope="module")
def model() -> Segmentation:
    torch.manual_seed(1)
    return mask_rcnn(replace(TINY, proposals=40), 3)


@given(LABELS, st.integers(1, 40), st.sampled_from([0.25, 0.5, 1.0]))
def test_as_many_are_drawn_as_by_torchvision(labels: list[int], size: int, share: float) -> None:
    """Of either kind, from where it is; ignored ones never."""
    given = torch.tensor(labels)
    mine, theirs = (kind(size, share)([given]) for kind in (Sampler, BalancedPositiveNegativeSampler))
    for [one], [other], kind in zip(mine, theirs, (given >= 1, given == 0), strict=True):
        assert one.sum() == other.sum()
        assert one.dtype == other.dtype == torch.uint8
        assert not one[~kind].any()


@given(st.lists(LABELS, min_size=1, max_size=4), st.booleans())
def test_each_image_has_its_own_draw(labels: list[list[int]], alike: bool) -> None:
    """Also where all have as many labels, and are drawn from at once."""
    given = [torch.tensor(one) for one in labels]
    if alike:
        given = [one[: min(map(len, given))] for one in given]
    mine = Sampler(8, 0.5)(given)
    theirs = BalancedPositiveNegativeSampler(8, 0.5)(given)
    for masks, others, kinds in zip(mine, theirs, ([x >= 1 for x in given], [x == 0 for x in given]), strict=True):
        assert [mask.sum() for mask in masks] == [other.sum() for other in others]
        assert not any(mask[~kind].any() for mask, kind in zip(masks, kinds, strict=True))


@pytest.mark.parametrize("sizes", [[(64, 96), (96, 64)], [(64, 64), (64, 64)]])
def test_anchors_are_torchvisions(model: Segmentation, sizes: list[tuple[int, int]]) -> None:
    """Of images of one size and then of another, and kept in between."""
    mine = model.rpn.anchor_generator
    theirs = AnchorGenerator(mine.sizes, mine.aspect_ratios)
    for size in sizes:
        images = ImageList(torch.zeros(2, 3, *size), [size, size])
        maps = [torch.zeros(2, 4, size[0] // stride, size[1] // stride) for stride in (4, 8, 16, 32, 64)]
        found = mine(images, maps)
        assert all(torch.equal(one, other) for one, other in zip(found, theirs(images, maps), strict=True))
    assert mine(images, maps)[0] is found[0]


def test_every_place_is_drawn_as_often() -> None:
    """Two of eight, 4,000 times: each about 1,000 times (27 are a standard deviation)."""
    torch.manual_seed(1)
    among = torch.tensor([True] * 8 + [False] * 4)
    counts = torch.stack([drawn(among, 4, 2) for _ in range(4000)]).sum(0, dtype=torch.int64)
    assert counts[8:].sum() == 0
    assert counts.sum() == 8000
    assert (counts[:8] - 1000).abs().max() < 5 * 27.4


@given(st.integers(1, 4), st.integers(1, 20), st.randoms(use_true_random=False))
def test_anchors_match_as_in_torchvision(objects: int, anchors: int, dice: Any) -> None:
    """Ties as well, which coarse numbers are full of."""
    overlaps = torch.tensor([[dice.randrange(11) / 10 for _ in range(anchors)] for _ in range(objects)])
    mine, theirs = (kind(0.7, 0.3, allow_low_quality_matches=True)(overlaps) for kind in (Matching, Matcher))
    assert mine.tolist() == theirs.tolist()


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 3), st.integers(0, 2**31))
def test_proposals_as_in_torchvision(model: Segmentation, images: int, seed: int) -> None:
    """Boxes and scores of every image, in their order; those without area are behind them."""
    dice = torch.Generator().manual_seed(seed)
    counts = [60, 20, 5]
    corner = torch.rand(images, sum(counts), 2, generator=dice) * 100 - 10
    proposals = torch.cat([corner, corner + torch.rand(images, sum(counts), 2, generator=dice) * 60], 2)
    objectness = torch.randn(images * sum(counts), 1, generator=dice)
    shapes = [(80, 96)] * images
    model.rpn.train()
    mine = model.rpn.filter_proposals(proposals, objectness, shapes, counts)
    theirs = RegionProposalNetwork.filter_proposals(model.rpn, proposals, objectness, shapes, counts)
    for boxes, scores, other, told in zip(*mine, *theirs, strict=True):
        many = min(len(other), int((scores > 0).sum()))
        assert torch.equal(boxes[:many], other[:many])
        assert torch.equal(scores[:many], told[:many])
        assert len(other) == many
        assert (boxes[many:, 2:] - boxes[many:, :2]).amin(1).lt(1e-3).all()


@pytest.mark.parametrize("size", [(96, 96), (48, 60), (200, 90), (70, 300)])
@pytest.mark.parametrize("masked", [True, False])
def test_images_are_sized_as_in_torchvision(size: tuple[int, int], masked: bool) -> None:
    """Sides of 96, at most 160; boxes and masks go along."""
    theirs = GeneralizedRCNNTransform(96, 160, [0.5, 0.4, 0.3], [0.2, 0.3, 0.4])
    image, target = torch.rand(3, *size), _target(size)
    if not masked:
        del target["masks"]
    (mine, my_target), (other, their_target) = (one([image], [dict(target)]) for one in (Sizing(theirs), theirs))
    assert mine.image_sizes == other.image_sizes
    assert torch.allclose(mine.tensors, other.tensors, atol=1e-6)
    assert my_target[0].keys() == their_target[0].keys()
    for name, value in my_target[0].items():
        assert torch.allclose(value.float(), their_target[0][name].float(), atol=1e-4)
        assert value.dtype == their_target[0][name].dtype


def test_a_target_is_left_as_it_was() -> None:
    """The batch of synthetic data comes again in every step."""
    target = _target((48, 60))
    before = deepcopy(target)
    Sizing(GeneralizedRCNNTransform(96, 160, [0.5] * 3, [0.5] * 3))([torch.rand(3, 48, 60)], [target])
    assert all(torch.equal(value, before[name]) for name, value in target.items())


def test_losses_as_in_torchvision(model: Segmentation) -> None:
    """Where all that matched and did not is trained on, and so nothing is left to chance."""
    model.train()
    for part in (model.rpn, model.roi_heads):
        part.fg_bg_sampler = Sampler(ALL, 1.0)
    other = deepcopy(model)
    other.transform = GeneralizedRCNNTransform(96, 160, model.transform.image_mean, model.transform.image_std)
    plain = RegionProposalNetwork.filter_proposals
    images = list(torch.rand(2, 3, 80, 80))
    found = model(images, targets(2, 80, 3, CPU, 1, with_masks=True))
    other.rpn.filter_proposals = partial(plain, other.rpn)  # type: ignore[method-assign]
    for part in (other.rpn, other.roi_heads):
        part.fg_bg_sampler = BalancedPositiveNegativeSampler(ALL, 1.0)
    told = MaskRCNN.forward(other, images, targets(2, 80, 3, CPU, 1, with_masks=True))
    assert found.keys() == told.keys()
    for name, loss in found.items():
        assert loss.item() == pytest.approx(told[name].item(), rel=1e-4), name


def test_outside_of_training_it_is_torchvisions(model: Segmentation) -> None:
    """Boxes, labels, scores and masks for each image, in its own size."""
    model.eval()
    with torch.inference_mode():
        found = model([torch.rand(3, 80, 96), torch.rand(3, 60, 60)])
    assert [set(one) for one in found] == [{"boxes", "labels", "scores", "masks"}] * 2
    assert [one["masks"].shape[-2:] for one in found] == [(80, 96), (60, 60)]


def _target(size: tuple[int, int]) -> Target:
    high, wide = size
    mask = torch.zeros(2, high, wide, dtype=torch.uint8)
    mask[0, 3 : high // 2, 5 : wide // 2] = 1
    boxes = torch.tensor([[5.0, 3.0, wide / 2, high / 2], [0.0, 0.0, wide, high]])
    return {"boxes": boxes, "labels": torch.tensor([1, 2]), "masks": mask}
