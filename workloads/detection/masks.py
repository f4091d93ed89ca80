"""A mask as COCO writes it, and as an array: polygons, or lengths of runs (RLE) down the columns."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt


def encode(mask: npt.NDArray[np.bool_]) -> dict[str, Any]:
    """A mask (H, W) as COCO's uncompressed RLE: lengths of runs, of background first, column by column."""
    flat = mask.flatten(order="F")
    ends = np.flatnonzero(flat[1:] != flat[:-1]) + 1
    bounds = [0, *ends.tolist(), flat.size]
    counts = np.diff(bounds).tolist()
    return {"counts": [0, *counts] if flat[0] else counts, "size": list(mask.shape)}


def decode(segmentation: Any, height: int, width: int) -> npt.NDArray[np.uint8]:
    """COCO's `segmentation`, in any of its forms, as 0 and 1 in (H, W)."""
    from pycocotools import mask as api  # noqa: PLC0415  only where masks are asked for

    if isinstance(segmentation, list):
        segmentation = api.merge(api.frPyObjects(segmentation, height, width))
    elif isinstance(segmentation["counts"], list):
        segmentation = api.frPyObjects(segmentation, height, width)
    decoded: npt.NDArray[np.uint8] = api.decode(segmentation)
    return decoded


def compress(mask: npt.NDArray[np.bool_]) -> dict[str, Any]:
    """A mask (H, W) as COCO's compressed RLE, which is how a result has it."""
    from pycocotools import mask as api  # noqa: PLC0415  only where masks are evaluated

    encoded: dict[str, Any] = api.encode(np.asfortranarray(mask, dtype=np.uint8))
    return encoded
