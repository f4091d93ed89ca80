"""SSD's loss: where the objects are, what they are, and the background that is hardest to tell from them."""

from __future__ import annotations

import torch
from torch.nn.functional import cross_entropy, smooth_l1_loss

NEGATIVES = 3
"""Background boxes that count for each box with an object."""


def multibox(
    offsets: torch.Tensor, scores: torch.Tensor, true_offsets: torch.Tensor, labels: torch.Tensor
) -> torch.Tensor:
    """The mean over images of what their boxes lose, divided by the boxes with an object (Liu et al., section 2.2).

    Offsets are (N, A, 4), scores (N, A, K), `labels` (N, A) int64, 0 for background. An image without any object
    counts as 0, as in MLPerf's reference (base_model.py, Loss). Which boxes count is found by sorting: no number is
    taken from the device.
    """
    objects = labels > 0
    count = objects.sum(1)
    place = smooth_l1_loss(offsets.float(), true_offsets, reduction="none").sum(2)
    kind = cross_entropy(scores.float().transpose(1, 2), labels, reduction="none")
    lost = (place * objects).sum(1) + (kind * (objects | hardest(kind, objects, count))).sum(1)
    return (lost / count.clamp(min=1) * (count > 0)).mean()


def hardest(kind: torch.Tensor, objects: torch.Tensor, count: torch.Tensor) -> torch.Tensor:
    """The mask (N, A) of the background boxes that lose most: three for each of `count` (N) boxes with an object."""
    order = kind.detach().masked_fill(objects, 0).argsort(1, descending=True)
    return order.argsort(1) < NEGATIVES * count.unsqueeze(1)
