"""COCO's mean AP of boxes and of masks on the held-out images; the model itself tells what it finds in them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import torch

from workloads.common.precision import Precision
from workloads.common.stop import Stop
from workloads.detection import masks
from workloads.detection.coco import Content
from workloads.detection.data import HeldOut
from workloads.detection.metric import MASKS, Judge
from workloads.maskrcnn.views import to_device

INSIDE = 0.5
"""A pixel belongs to a mask from this share on."""


class Quality(NamedTuple):
    """Mean AP, 0 to 1."""

    boxes: float
    masks: float


@torch.inference_mode()
def quality(model: torch.nn.Module, held: HeldOut, precision: Precision, stop: Stop) -> Quality | None:
    """The mean AP of both; None when a stop came in between."""
    results: list[Content] = []
    model.eval()
    for batch in held.batches:
        images, files = zip(*batch, strict=True)
        with precision.autocast(), torch.compiler.set_stance("force_eager"):
            found = model(to_device(images, precision.device))
        for one, file in zip(found, files, strict=True):
            results += objects(held.judge, int(file[0]), one)
        if stop.asked is not None:
            return None
    return Quality(held.judge.mean_ap(results), held.judge.mean_ap(results, MASKS))


def objects(judge: Judge, image: int, found: dict[str, Any]) -> Iterator[Content]:
    """What torchvision found in an image, as COCO's results have it; its masks (M, 1, H, W) are shares."""
    filled = (found["masks"][:, 0] > INSIDE).cpu().numpy()
    rows = zip(found["boxes"].tolist(), found["labels"].tolist(), found["scores"].tolist(), filled, strict=True)
    for box, label, score, mask in rows:
        yield judge.result(image, label, box, score, segmentation=masks.compress(mask))
