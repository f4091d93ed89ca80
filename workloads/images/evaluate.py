"""Top-1 on the held-out images, each of them once."""

from __future__ import annotations

from collections.abc import Iterable

import torch

from workloads.common.precision import Precision
from workloads.common.stop import Stop
from workloads.images.input import Batch, to_device


@torch.inference_mode()
def top_1(model: torch.nn.Module, batches: Iterable[Batch], precision: Precision, stop: Stop) -> float | None:
    """The share of images whose likeliest class is the right one, 0 to 1; None when a stop came in between."""
    right = torch.zeros((), dtype=torch.int64, device=precision.device)
    seen = 0
    model.eval()
    for batch in batches:
        images, labels = to_device(batch, precision.device)
        with precision.autocast():
            right += (model(images).argmax(1) == labels).sum()
        seen += len(labels)
        if stop.asked is not None:
            return None
    return right.item() / seen
