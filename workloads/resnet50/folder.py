"""A folder laid out like ImageNet: train/CLASS/*.JPEG and val/CLASS/*.JPEG."""

from __future__ import annotations

from pathlib import Path

from PIL import Image
from torchvision.datasets import ImageFolder
from torchvision.transforms import v2

from workloads.images.unreadable import UnreadableImage


def datasets(root: Path, pixels: int) -> tuple[ImageFolder, ImageFolder, int]:
    """Training images, held-out images, and the number of classes. Images are (3, `pixels`, `pixels`) uint8.

    Cropped at random and mirrored for training; for evaluation the middle 7/8 (224 of 256), as He et al. do.
    """
    crop = v2.RandomResizedCrop(pixels)
    train = ImageFolder(
        str(root / "train"), v2.Compose([crop, v2.RandomHorizontalFlip(), v2.PILToTensor()]), loader=_read
    )
    whole = v2.Resize(round(pixels * 256 / 224))
    held_out = ImageFolder(
        str(root / "val"), v2.Compose([whole, v2.CenterCrop(pixels), v2.PILToTensor()]), loader=_read
    )
    return train, held_out, len(train.classes)


def _read(path: str) -> Image.Image:
    try:
        with Image.open(path) as image:
            return image.convert("RGB")
    except (OSError, SyntaxError, ValueError) as error:
        raise UnreadableImage(f"can't read the image {path} ({error})") from None
