"""The numbers of a run: what each scale trains with, and the learning rate's course."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from workloads.images.recipe import Recipe

MOMENTUM = 0.9
WEIGHT_DECAY = 5e-4
CIFAR_TARGET = 0.94
"""Top-1 on CIFAR-10's test images: DAWNBench's (stanford-futuredata/dawn-bench-entries, README.md)."""

KNOTS = (0, 15, 30, 35)
RATES = (0.0, 1.0, 0.05, 0.0)
"""Epochs of the entry, and the rate there as a share of its peak of 0.1: a straight line in between."""

REFERENCE = Recipe(scale="reference", pixels=32, width=64, batch=128, lr=0.1, epochs=35)
"""bkj's entry in DAWNBench: batch 128, peak 0.1 (dawn-bench-entries, CIFAR10/train/basenet.json)."""

SMALL = Recipe(scale="small", pixels=32, width=64, batch=128, lr=0.1, epochs=20)
"""The whole model, for digits on a GPU."""

TINY = Recipe(scale="tiny", pixels=32, width=16, batch=32, lr=0.05, epochs=10)
"""For two CPU cores: a quarter of the width."""

SCALES = {one.scale: one for one in (TINY, SMALL, REFERENCE)}


@dataclass(frozen=True, slots=True)
class Schedule:
    """The entry's course of the rate, stretched over `steps`; it stays at 0 from there on."""

    peak: float
    steps: int

    def __call__(self, n: int) -> float:
        """The rate of step `n`, counted from 0: of its middle, since at its start the first one would be 0."""
        epoch = KNOTS[-1] * min(1.0, (n + 0.5) / self.steps)
        return self.peak * float(np.interp(epoch, KNOTS, RATES))
