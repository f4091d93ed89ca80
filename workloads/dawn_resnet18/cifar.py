"""CIFAR-10's binary version as data sets of images and labels."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch.utils.data import Dataset
from torchvision.transforms import v2

from workloads.common.options import Refusal
from workloads.dawn_resnet18 import layout

CLASSES = 10
SIDE = 32
PAD = 4


class Cifar(Dataset[tuple[torch.Tensor, int]]):
    """Images (3, 32, 32) uint8 with labels 0 to 9.

    `augmented` ones are padded by 4 with their own reflection, cropped at random and mirrored half of the time, as in
    the entry (bkj/basenet, examples/cifar).
    """

    def __init__(self, paths: list[Path], augmented: bool) -> None:
        records = np.concatenate([np.fromfile(path, np.uint8).reshape(-1, layout.RECORD_BYTES) for path in paths])
        self._labels = records[:, 0]
        if self._labels.max() >= CLASSES:
            raise Refusal(f"{paths[0].parent} is not CIFAR-10: a label is {self._labels.max()}, they go from 0 to 9")
        self._images = torch.from_numpy(records[:, 1:].reshape(-1, 3, SIDE, SIDE).copy())
        crop = [v2.RandomCrop(SIDE, padding=PAD, padding_mode="reflect"), v2.RandomHorizontalFlip()]
        self._transform = v2.Compose(crop) if augmented else v2.Identity()

    def __len__(self) -> int:
        return len(self._images)

    def __getitem__(self, index: int) -> tuple[torch.Tensor, int]:
        return self._transform(self._images[index]), int(self._labels[index])


def datasets(root: Path) -> tuple[Cifar, Cifar, int]:
    """Training images, test images, and the number of classes."""
    train = Cifar(layout.files(root, layout.TRAIN), augmented=True)
    return train, Cifar(layout.files(root, layout.TEST), augmented=False), CLASSES
