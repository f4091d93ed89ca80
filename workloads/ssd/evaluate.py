"""COCO's mean AP on the held-out images: from offsets and scores to boxes, without those that say the same twice."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torchvision.ops import batched_nms

from workloads.common.precision import Precision
from workloads.common.stop import Stop
from workloads.detection.data import HeldOut
from workloads.detection.input import normalised
from workloads.ssd.boxes import DefaultBoxes

LEAST_SCORE = 0.05
OVERLAP = 0.5
MOST = 200
"""Of a class before the overlaps are taken out, and of an image after. MLPerf's, all three (ssd/train.py)."""


class Found(NamedTuple):
    """The objects of an image: boxes (M, 4) in shares of its sides, labels (M) from 1, scores (M), the surest first."""

    boxes: torch.Tensor
    labels: torch.Tensor
    scores: torch.Tensor


@torch.inference_mode()
def mean_ap(
    model: torch.nn.Module, held: HeldOut, boxes: DefaultBoxes, precision: Precision, stop: Stop
) -> float | None:
    """The mean AP of boxes, 0 to 1; None when a stop came in between."""
    results = []
    model.eval()
    for images, files in held.batches:
        with precision.autocast():
            offsets, scores = model(normalised(images, precision.device))
        places, shares = boxes.place(offsets.float()), scores.float().softmax(2)
        for place, share, (image, height, width) in zip(places, shares, files.tolist(), strict=True):
            found = select(place, share)
            sides = torch.tensor([width, height, width, height])
            rows = zip((found.boxes.cpu() * sides).tolist(), found.labels.tolist(), found.scores.tolist(), strict=True)
            results += [held.judge.result(image, label, box, score) for box, label, score in rows]
        if stop.asked is not None:
            return None
    return held.judge.mean_ap(results)


def select(boxes: torch.Tensor, shares: torch.Tensor) -> Found:
    """What is found in one image by its A default boxes: `boxes` (A, 4), and `shares` (A, K) of the scores.

    Of each class but the background the surest, of which none overlaps a surer one by more than a half.
    """
    scores, order = shares[:, 1:].topk(min(MOST, len(shares)), dim=0)
    rank, label = (scores > LEAST_SCORE).nonzero(as_tuple=True)
    chosen, scores = boxes[order[rank, label]], scores[rank, label]
    kept = batched_nms(chosen, scores, label, OVERLAP)[:MOST]
    return Found(chosen[kept], label[kept] + 1, scores[kept])
