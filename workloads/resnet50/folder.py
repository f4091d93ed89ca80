"""A folder laid out like ImageNet: train/CLASS/*.JPEG and val/CLASS/*.JPEG."""

from __future__ import annotations

from pathlib import Path

import torch
from PIL import Image
from torchvision.datasets import ImageFolder
from torchvision.io import ImageReadMode, decode_jpeg, read_file
from torchvision.transforms import v2

from workloads.images.unreadable import UnreadableImage


def datasets(root: Path, pixels: int) -> tuple[ImageFolder, ImageFolder, int]:
    """Training images, held-out images, and the number of classes. Images are (3, `pixels`, `pixels`) uint8.

    Cropped at random and mirrored for training; for evaluation the middle 7/8 (224 of 256), as He et al. do.
    """
    crop = v2.RandomResizedCrop(pixels)
    train = ImageFolder(str(root / "train"), v2.Compose([crop, v2.RandomHorizontalFlip()]), loader=_read)
    whole = v2.Resize(round(pixels * 256 / 224))
    held_out = ImageFolder(str(root / "val"), v2.Compose([whole, v2.CenterCrop(pixels)]), loader=_read)
    return train, held_out, len(train.classes)


def _read(path: str) -> torch.Tensor:
    """An image (3, H, W) uint8. JPEG as a tensor from the start: cropped and resized in half of Pillow's time."""
    try:
        made: torch.Tensor = decode_jpeg(read_file(path), mode=ImageReadMode.RGB)
    except RuntimeError:
        return _by_pillow(path)
    return made


def _by_pillow(path: str) -> torch.Tensor:
    """Of any kind that Pillow reads; for what is none it also has the better words."""
    try:
        with Image.open(path) as image:
            made: torch.Tensor = v2.functional.pil_to_tensor(image.convert("RGB"))
    except (OSError, SyntaxError, ValueError) as error:
        raise UnreadableImage(f"can't read the image {path} ({error})") from None
    return made
