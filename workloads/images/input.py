"""From a batch as loaded to a batch as the model takes it."""

from __future__ import annotations

from typing import TypeAlias

import torch

Batch: TypeAlias = tuple[torch.Tensor, torch.Tensor]
"""Images (N, 3, H, W), as loaded uint8, and labels (N) int64."""

HALF_OF_BYTE = 127.5


def to_device(batch: Batch, device: torch.device) -> Batch:
    """Images as float32 from -1 to 1, channels last, and labels; both on the device, without waiting for it.

    Bytes travel, a quarter of the floats; pinned memory, where the loader pinned it, lets the host go on meanwhile.
    A batch that is there already comes back as it is.
    """
    images, labels = batch
    if images.dtype is not torch.uint8:
        return batch
    images = images.to(device, non_blocking=True).contiguous(memory_format=torch.channels_last)
    return images.float().div_(HALF_OF_BYTE).sub_(1), labels.to(device, non_blocking=True)
