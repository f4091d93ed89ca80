"""Images with their objects, decoded and transformed in the loader's workers."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
import torch
from PIL import Image
from torch.utils.data import Dataset
from torchvision.tv_tensors import BoundingBoxes, Mask

from workloads.detection import coco, masks
from workloads.images.unreadable import UnreadableImage

Target: TypeAlias = dict[str, torch.Tensor]
"""`boxes` (M, 4) float32 in pixels: left, top, right, bottom. `labels` (M) int64 from 1. `masks` (M, H, W) uint8.

The keys and forms are those of torchvision's detectors and of its transforms v2, which move all of them together.
"""


class TrainingImages(Dataset[Any]):
    """What `transform` makes of a training image and its Target, which has masks when `with_masks`.

    It keeps no more of the annotations than it needs: COCO's are gigabytes, and every worker has them.
    """

    def __init__(
        self, part: coco.Part, transform: Callable[[Image.Image, Target], Any], *, with_masks: bool = False
    ) -> None:
        numbers = coco.labels(part.content)
        by_image = coco.objects(part.content)
        images = [image for image in part.content["images"] if image["id"] in by_image]
        found = [by_image[image["id"]] for image in images]
        self._names = [image["file_name"] for image in images]
        self._boxes = [np.array([one["bbox"] for one in ones], np.float32) for ones in found]
        self._labels = [np.array([numbers[one["category_id"]] for one in ones]) for ones in found]
        self._segments = [[one["segmentation"] for one in ones] for ones in found] if with_masks else None
        self._read, self._transform = part.read, transform

    def __len__(self) -> int:
        return len(self._names)

    def __getitem__(self, index: int) -> Any:
        image = decode(self._read, self._names[index])
        return self._transform(image, self._target(index, image.height, image.width))

    def _target(self, index: int, height: int, width: int) -> Target:
        boxes = torch.from_numpy(self._boxes[index].copy())
        boxes[:, 2:] += boxes[:, :2]
        made: Target = {
            "boxes": BoundingBoxes(boxes, format="XYXY", canvas_size=(height, width)),
            "labels": torch.from_numpy(self._labels[index]),
        }
        if self._segments is not None:
            drawn = [masks.decode(segment, height, width) for segment in self._segments[index]]
            made["masks"] = Mask(torch.from_numpy(np.stack(drawn)))
        return made


class HeldOutImages(Dataset[tuple[Any, torch.Tensor]]):
    """What `transform` makes of a held-out image, and (3) int64: its id, height and width before that."""

    def __init__(self, part: coco.Part, transform: Callable[[Image.Image], Any]) -> None:
        self._images = part.content["images"]
        self._read, self._transform = part.read, transform

    def __len__(self) -> int:
        return len(self._images)

    def __getitem__(self, index: int) -> tuple[Any, torch.Tensor]:
        image = decode(self._read, self._images[index]["file_name"])
        return self._transform(image), torch.tensor([self._images[index]["id"], image.height, image.width])


def decode(read: Callable[[str], bytes], name: str) -> Image.Image:
    """The image of a name in red, green and blue, which some of COCO's are not. Raises UnreadableImage."""
    try:
        return Image.open(io.BytesIO(read(name))).convert("RGB")
    except (OSError, SyntaxError, ValueError) as error:
        raise UnreadableImage(f"can't read the image {name} ({error})") from None
