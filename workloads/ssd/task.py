"""SSD as the training loop takes it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, ClassVar

import torch

from workloads.common.facts import facts
from workloads.common.marks import Marks
from workloads.common.precision import Precision
from workloads.common.stop import Stop
from workloads.common.task import Task
from workloads.detection.data import Data
from workloads.detection.input import normalised
from workloads.images.cost import flop_per_image, parameters
from workloads.ssd import describe
from workloads.ssd.boxes import DefaultBoxes
from workloads.ssd.evaluate import mean_ap
from workloads.ssd.loss import multibox
from workloads.ssd.model import SSD
from workloads.ssd.recipe import MOMENTUM, WEIGHT_DECAY, Recipe
from workloads.ssd.schedule import Schedule, schedule
from workloads.ssd.views import Batch


class Detector(Task[Batch]):
    """MLPerf's optimiser and schedule, and its keys for SSD."""

    unit: ClassVar[str] = "images/s"
    compile_mode: str | None = "reduce-overhead"

    def __init__(self, data: Data[Recipe], precision: Precision, target: float | None) -> None:
        self.data, self.precision, self.target = data, precision, target
        recipe = data.recipe
        self.train, self.batch = data.train, recipe.batch
        self.epochs, self.eval_every = recipe.epochs, recipe.eval_every
        self.can_evaluate = data.held_out is not None
        build = partial(SSD, data.classes, recipe.levels, recipe.width, recipe.blocks)
        self.boxes = DefaultBoxes(recipe.levels, recipe.pixels, precision.device)
        self.model = build().to(precision.device).to(memory_format=torch.channels_last)
        self.optimiser = torch.optim.SGD(
            self.model.parameters(), lr=0.0, momentum=MOMENTUM, weight_decay=WEIGHT_DECAY, fused=True
        )
        self.schedule: Schedule = schedule(recipe, data.steps_per_epoch)
        flop = flop_per_image(build, recipe.pixels)
        self.about = facts(data, precision, parameters(self.model), flop, describe.METRIC, target)

    def loss(self, forward: Callable[..., Any], batch: Batch) -> torch.Tensor:
        images, true_offsets, labels = batch
        device = self.precision.device
        offsets, scores = forward(normalised(images, device))
        return multibox(
            offsets, scores, true_offsets.to(device, non_blocking=True), labels.to(device, non_blocking=True)
        )

    def evaluate(self, stop: Stop) -> float | None:
        held = self.data.held_out
        return None if held is None else mean_ap(self.model, held, self.boxes, self.precision, stop)

    def facts(self) -> dict[str, Any]:
        return self.about

    def headline(self, *, compiled: str) -> str:
        return describe.headline(self.about, self.data, len(self.boxes.edges), compiled=compiled)

    def hyper_parameters(self, marks: Marks, replicas: int) -> None:
        describe.hyper_parameters(marks, self.data, self.schedule, replicas)

    def said(self, quality: float) -> str:
        return f"{describe.METRIC} {quality:.3f}"
