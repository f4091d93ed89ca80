"""Scikit-learn's handwritten digits as a stream of PNG files: decoded, resized and augmented by the loader's workers.

The 1,797 images of 8×8 pixels and 17 greys come with scikit-learn (UCI ML hand-written digits, its test part). They
are encoded once, at the start, so that an epoch takes the way that images on a disk take.
"""

from __future__ import annotations

import io

import numpy as np
import torch
from PIL import Image
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch.utils.data import Dataset
from torchvision.transforms import v2

CLASSES = 10
GREYS = 16
HELD_OUT = 360
SPLIT_SEED = 2018
"""One split for every run, whatever its --seed: results on the held-out images stay comparable."""


class Digits(Dataset[tuple[torch.Tensor, int]]):
    """Images (3, `pixels`, `pixels`) uint8 with labels 0 to 9; a bit turned, shifted and scaled when `augmented`.

    Never mirrored: a mirrored digit is no digit.
    """

    def __init__(self, files: list[bytes], labels: list[int], pixels: int, augmented: bool) -> None:
        self._files = files
        self._labels = labels
        affine = [v2.RandomAffine(degrees=8, translate=(0.08, 0.08), scale=(0.9, 1.1))] if augmented else []
        self._transform = v2.Compose([v2.Resize(pixels), *affine, v2.PILToTensor()])

    def __len__(self) -> int:
        return len(self._files)

    def __getitem__(self, index: int) -> tuple[torch.Tensor, int]:
        image = Image.open(io.BytesIO(self._files[index])).convert("RGB")
        return self._transform(image), self._labels[index]


def datasets(pixels: int) -> tuple[Digits, Digits, int]:
    """The 1,437 training images, the 360 held out (as many of each digit, nearly), and the number of classes."""
    images, labels = load_digits(return_X_y=True)
    files = [_png(image) for image in images.reshape(-1, 8, 8)]
    train, held_out = train_test_split(
        np.arange(len(files)), test_size=HELD_OUT, stratify=labels, random_state=SPLIT_SEED
    )
    return (
        _part(files, labels, train, pixels, augmented=True),
        _part(files, labels, held_out, pixels, augmented=False),
        CLASSES,
    )


def _part(files: list[bytes], labels: np.ndarray, chosen: np.ndarray, pixels: int, *, augmented: bool) -> Digits:
    return Digits([files[i] for i in chosen], [int(labels[i]) for i in chosen], pixels, augmented)


def _png(image: np.ndarray) -> bytes:
    """An image of 17 greys, 0 to 16, as an 8-bit PNG file."""
    file = io.BytesIO()
    Image.fromarray((image * 255 / GREYS).round().astype(np.uint8)).save(file, "PNG")
    return file.getvalue()
