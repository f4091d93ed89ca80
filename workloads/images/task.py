"""An image classifier as the training loop takes it; a room adds its model, optimiser, schedule and MLPerf's keys."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, Generic

import torch
from torch import nn

from workloads.common.facts import facts, how
from workloads.common.precision import Precision
from workloads.common.stop import Stop
from workloads.common.task import Task
from workloads.images.cost import flop_per_image, parameters
from workloads.images.data import Data
from workloads.images.evaluate import top_1
from workloads.images.input import Batch, to_device
from workloads.images.recipe import R

METRIC = "top-1"


class Classifier(Task[Batch], Generic[R]):
    """`called` is the model's name for people; `build` makes the model, which goes to the device channels last."""

    unit: ClassVar[str] = "images/s"
    called: ClassVar[str]

    def __init__(
        self,
        data: Data[R],
        precision: Precision,
        target: float | None,
        build: Callable[[], nn.Module],
        label_smoothing: float = 0.0,
    ) -> None:
        self.data, self.precision, self.target = data, precision, target
        self.train, self.batch = data.train, data.recipe.batch
        self.epochs, self.eval_every = data.recipe.epochs, data.recipe.eval_every
        self.can_evaluate = data.held_out is not None
        self.model = build().to(precision.device).to(memory_format=torch.channels_last)
        self.criterion = nn.CrossEntropyLoss(label_smoothing=label_smoothing)
        flop = flop_per_image(build, data.recipe.pixels)
        self.about = facts(data, precision, parameters(self.model), flop, METRIC, target)

    def loss(self, forward: Callable[..., Any], batch: Batch) -> torch.Tensor:
        images, labels = to_device(batch, self.precision.device)
        loss: torch.Tensor = self.criterion(forward(images), labels)
        return loss

    def evaluate(self, stop: Stop) -> float | None:
        return top_1(self.model, self.data.held_out or (), self.precision, stop)

    def facts(self) -> dict[str, Any]:
        return self.about

    def headline(self, *, compiled: str) -> str:
        return headline(self.called, self.about, self.batch, compiled=compiled)

    def said(self, quality: float) -> str:
        return f"{METRIC} {quality:.1%}"


def headline(model: str, said: dict[str, Any], batch: int, *, compiled: str) -> str:
    """One line for people."""
    return (
        f"{model} {said['scale']}, {said['parameters']:,} parameters, {how(said, compiled=compiled)}, batch {batch}, "
        f"on {said['device']}; data: {said['data']}"
    )
