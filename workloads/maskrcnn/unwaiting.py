"""Parts of torchvision's Mask R-CNN that find the same without asking the GPU in between how much they found.

torchvision's own make the host wait for the GPU about a hundred times in a step of four images, and the GPU idles while
the next kernels are launched. Shapes here don't depend on what is found, so that most of these waits are gone.
"""

from __future__ import annotations

from typing import Any

import torch
from torch.nn import functional
from torchvision.models.detection import MaskRCNN
from torchvision.models.detection._utils import BalancedPositiveNegativeSampler, Matcher
from torchvision.models.detection.anchor_utils import AnchorGenerator
from torchvision.models.detection.image_list import ImageList
from torchvision.models.detection.rpn import RegionProposalNetwork
from torchvision.models.detection.transform import GeneralizedRCNNTransform
from torchvision.ops import batched_nms, clip_boxes_to_image

from workloads.detection.dataset import Target
from workloads.maskrcnn.at_once import at_once

LAST = -1.0
"""Below every score: what has it comes behind all others."""


class Sampler(BalancedPositiveNegativeSampler):  # type: ignore[misc]
    """Draws from what matched and from what did not, as many as torchvision's draws."""

    def __call__(self, matched_idxs: list[torch.Tensor]) -> tuple[list[torch.Tensor], list[torch.Tensor]]:
        """Per image two masks (M) of type uint8, from labels (M): above 0 an object, 0 none, below 0 neither."""
        alike = len({len(labels) for labels in matched_idxs}) == 1
        groups = [torch.stack(matched_idxs)] if alike else [labels[None] for labels in matched_idxs]
        positive, negative = zip(*(self.of(labels) for labels in groups), strict=True)
        return [one for masks in positive for one in masks], [one for masks in negative for one in masks]

    def of(self, labels: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """The two masks (N, M) of images that have as many labels (N, M)."""
        total = self.batch_size_per_image
        most = int(total * self.positive_fraction)
        positive = drawn(labels >= 1, most, most)
        return positive, drawn(labels == 0, total, total - positive.sum(-1, keepdim=True))


def drawn(among: torch.Tensor, most: int, count: torch.Tensor | int) -> torch.Tensor:
    """A mask (…, M) of `count` (…, 1) places at random, at most `most`, among those of the mask `among` (…, M)."""
    keys = torch.rand(among.shape, device=among.device).masked_fill(~among, LAST)
    found, places = keys.topk(min(most, among.shape[-1]))
    taken = (found > LAST) & (torch.arange(places.shape[-1], device=among.device) < count)
    return torch.zeros_like(among, dtype=torch.uint8).scatter_(-1, places, taken.to(torch.uint8))


class Anchors(AnchorGenerator):  # type: ignore[misc]
    """torchvision's boxes for every place of the maps, made once for images and maps of a size: the last ones stay."""

    def __init__(self, like: AnchorGenerator) -> None:
        super().__init__(like.sizes, like.aspect_ratios)
        self._made: tuple[object, torch.Tensor] | None = None

    def forward(self, image_list: ImageList, feature_maps: list[torch.Tensor]) -> list[torch.Tensor]:
        """The anchors (A, 4) of each image: the same ones."""
        first = feature_maps[0]
        sizes = [one.shape[-2:] for one in (image_list.tensors, *feature_maps)]
        key = (sizes, first.dtype, first.device, torch.is_inference_mode_enabled())
        if self._made is None or self._made[0] != key:
            self._made = key, super().forward(image_list, feature_maps)[0]
        return [self._made[1]] * len(image_list.image_sizes)


class Matching(Matcher):  # type: ignore[misc]
    """Anchors by the object that they overlap most."""

    def set_low_quality_matches_(
        self, matches: torch.Tensor, all_matches: torch.Tensor, match_quality_matrix: torch.Tensor
    ) -> None:
        """Keep for each object (row) its best anchors (columns), however little they overlap."""
        best = (match_quality_matrix == match_quality_matrix.amax(1, keepdim=True)).any(0)
        matches.copy_(torch.where(best, all_matches, matches))


class Proposals(RegionProposalNetwork):  # type: ignore[misc]
    """The network of `rpn`, choosing by our parts."""

    def __init__(self, rpn: RegionProposalNetwork) -> None:
        super().__init__(
            Anchors(rpn.anchor_generator),
            rpn.head,
            rpn.proposal_matcher.high_threshold,
            rpn.proposal_matcher.low_threshold,
            rpn.fg_bg_sampler.batch_size_per_image,
            rpn.fg_bg_sampler.positive_fraction,
            rpn._pre_nms_top_n,
            rpn._post_nms_top_n,
            rpn.nms_thresh,
        )
        self.fg_bg_sampler = sampler(rpn.fg_bg_sampler)
        matcher = rpn.proposal_matcher
        self.proposal_matcher = Matching(matcher.high_threshold, matcher.low_threshold, allow_low_quality_matches=True)

    def filter_proposals(
        self,
        proposals: torch.Tensor,
        objectness: torch.Tensor,
        image_shapes: list[tuple[int, int]],
        num_anchors_per_level: list[int],
    ) -> tuple[list[torch.Tensor], list[torch.Tensor]]:
        """Per image the boxes (K, 4) and scores (K) of its best proposals (N, A, 4); those without area come last."""
        objectness = objectness.detach().reshape(len(proposals), -1)
        top = self._get_top_n_idx(objectness, num_anchors_per_level)
        counts = [min(count, self.pre_nms_top_n()) for count in num_anchors_per_level]
        levels = torch.cat([top.new_full((count,), level) for level, count in enumerate(counts)])
        scores = objectness.gather(1, top).sigmoid()
        boxes = proposals.gather(1, top.unsqueeze(2).expand(-1, -1, 4))
        clipped = [clip_boxes_to_image(*one) for one in zip(boxes, image_shapes, strict=True)]
        ranked = [self._ranked(*one) for one in zip(clipped, scores, strict=True)]
        keep = at_once(lambda boxes, scores: self._kept(boxes, scores, levels), clipped, ranked)
        pairs = list(zip(clipped, ranked, keep, strict=True))
        return [found[places] for found, _, places in pairs], [told[places] for _, told, places in pairs]

    def _ranked(self, boxes: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        """The scores (A), with those of boxes (A, 4) without area below all others."""
        small = (boxes[:, 2:] - boxes[:, :2] < self.min_size).any(1)
        return scores.masked_fill(small, LAST)

    def _kept(self, boxes: torch.Tensor, scores: torch.Tensor, levels: torch.Tensor) -> torch.Tensor:
        """The places (K) of an image's best boxes; torchvision's kernel takes milliseconds, and is waited for."""
        kept: torch.Tensor = batched_nms(boxes, scores, levels, self.nms_thresh)[: self.post_nms_top_n()]
        return kept


class Sizing(GeneralizedRCNNTransform):  # type: ignore[misc]
    """Normalises and resizes as `transform` does, with numbers that are the host's alone."""

    def __init__(self, transform: GeneralizedRCNNTransform) -> None:
        super().__init__(transform.min_size, transform.max_size, transform.image_mean, transform.image_std)
        for name, values in (("mean", transform.image_mean), ("std", transform.image_std)):
            self.register_buffer(name, torch.tensor(values).view(3, 1, 1), persistent=False)

    def normalize(self, image: torch.Tensor) -> torch.Tensor:
        """An image (3, H, W) from 0 to 1 less its mean, over its deviation."""
        made: torch.Tensor = (image - self.mean) / self.std
        return made

    def resize(self, image: torch.Tensor, target: Target | None = None) -> tuple[torch.Tensor, Target | None]:
        """The image and what `target` says of it, so that its sides fit; as they are where they fit already."""
        before = image.shape[-2:]
        scale = min(self.min_size[-1] / min(before), self.max_size / max(before))
        if scale == 1:
            return image, target
        image = functional.interpolate(image[None], scale_factor=scale, mode="bilinear", recompute_scale_factor=True)[0]
        return image, None if target is None else resized(target, before, image.shape[-2:])


def resized(target: Target, before: torch.Size, after: torch.Size) -> Target:
    """Boxes and masks of an image whose height and width were `before` and are `after`."""
    boxes = target["boxes"].clone()
    boxes[:, 0::2] *= after[1] / before[1]
    boxes[:, 1::2] *= after[0] / before[0]
    told = {**target, "boxes": boxes}
    if "masks" in target:
        told["masks"] = functional.interpolate(target["masks"][:, None].float(), size=after)[:, 0].byte()
    return told


class Segmentation(MaskRCNN):  # type: ignore[misc]
    """torchvision's model of our parts. Targets have boxes, each with an area: that isn't looked at again."""

    def __init__(self, *parts: Any, **options: Any) -> None:
        super().__init__(*parts, **options)
        self.transform: Sizing = Sizing(self.transform)
        self.rpn: Proposals = Proposals(self.rpn)
        self.roi_heads.fg_bg_sampler = sampler(self.roi_heads.fg_bg_sampler)

    def forward(self, images: list[torch.Tensor], targets: list[Target] | None = None) -> Any:
        """The losses by name in training; otherwise what is found, per image."""
        if not self.training:
            return super().forward(images)
        batch, sized = self.transform(images, targets)
        features = self.backbone(batch.tensors)
        proposals, of_proposals = self.rpn(batch, features, sized)
        _, of_objects = self.roi_heads(features, proposals, batch.image_sizes, sized)
        return {**of_objects, **of_proposals}


def sampler(like: BalancedPositiveNegativeSampler) -> Sampler:
    """Ours, that draws as many."""
    return Sampler(like.batch_size_per_image, like.positive_fraction)
