"""ResNet-50 as the training loop takes it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import torch
from torch import nn

from workloads.common.marks import Marks
from workloads.common.precision import Precision
from workloads.common.stop import Stop
from workloads.common.task import Task
from workloads.images.evaluate import top_1
from workloads.images.input import Batch, to_device
from workloads.resnet50 import describe
from workloads.resnet50.data import Data
from workloads.resnet50.model import parameters, resnet50
from workloads.resnet50.optimiser import sgd
from workloads.resnet50.schedule import Schedule, schedule


class ResNet50(Task[Batch]):
    """The model on the device, channels last, with its optimiser and its schedule."""

    unit: ClassVar[str] = "images/s"

    def __init__(self, data: Data, precision: Precision, target: float | None) -> None:
        self.data, self.precision, self.target = data, precision, target
        self.train, self.batch = data.train, data.recipe.batch
        self.epochs, self.eval_every = data.recipe.epochs, data.recipe.eval_every
        self.can_evaluate = data.held_out is not None
        model = resnet50(data.classes, data.recipe.width)
        self.model = model.to(precision.device, memory_format=torch.channels_last)
        self.criterion = nn.CrossEntropyLoss(label_smoothing=data.recipe.label_smoothing)
        self.optimiser = sgd(self.model)
        self.schedule: Schedule = schedule(data.recipe, data.steps_per_epoch)
        self.about = describe.facts(data, precision, parameters(self.model), target)

    def loss(self, forward: Callable[..., Any], batch: Batch) -> torch.Tensor:
        images, labels = to_device(batch, self.precision.device)
        loss: torch.Tensor = self.criterion(forward(images), labels)
        return loss

    def evaluate(self, stop: Stop) -> float | None:
        return top_1(self.model, self.data.held_out or (), self.precision, stop)

    def facts(self) -> dict[str, Any]:
        return self.about

    def headline(self, *, compiled: bool) -> str:
        return describe.headline(self.about, self.batch, compiled=compiled)

    def hyper_parameters(self, marks: Marks) -> None:
        describe.hyper_parameters(marks, self.data, self.schedule)

    def said(self, quality: float) -> str:
        return f"{describe.METRIC} {quality:.1%}"
