"""GNMT as the training loop takes it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import torch
from torch import nn

from workloads.common.marks import Marks
from workloads.common.precision import Precision
from workloads.common.stop import Stop
from workloads.common.task import Task
from workloads.gnmt import describe
from workloads.gnmt.data import Data
from workloads.gnmt.evaluate import evaluate
from workloads.gnmt.model import GNMT, parameters
from workloads.gnmt.recipe import CLIP_NORM, LABEL_SMOOTHING
from workloads.gnmt.rows import Batch, to_device
from workloads.gnmt.schedule import Schedule
from workloads.translation.pieces import PAD


class Translation(Task[Batch]):
    """The model on the device, with its optimiser and its schedule. A sample is a target position, padding too."""

    unit: ClassVar[str] = "tokens/s"
    clip_norm: ClassVar[float | None] = CLIP_NORM

    model: GNMT
    schedule: Schedule

    def __init__(self, data: Data, precision: Precision, target: float | None) -> None:
        self.data, self.precision, self.target = data, precision, target
        recipe = data.recipe
        self.train, self.batch = data.train, recipe.batch
        self.epochs, self.eval_every = recipe.epochs, recipe.eval_every
        self.can_evaluate = data.held_out is not None
        self.model = GNMT(recipe, data.vocabulary).to(precision.device)
        self.criterion = nn.CrossEntropyLoss(label_smoothing=LABEL_SMOOTHING, ignore_index=PAD, reduction="sum")
        self.optimiser = torch.optim.Adam(self.model.parameters(), lr=0.0, fused=True)
        self.schedule = Schedule(recipe.lr, recipe.warmup, recipe.epochs * data.steps_per_epoch)
        self.about = describe.facts(data, precision, parameters(self.model), target)

    def loss(self, forward: Callable[..., Any], batch: Batch) -> torch.Tensor:
        """A sentence's whole loss, averaged over sentences: what the reference clips the gradients of (trainer.py)."""
        source, target, labels = to_device(batch, self.precision.device)
        total: torch.Tensor = self.criterion(forward(source, target).flatten(0, 1), labels.flatten())
        return total / len(source)

    def evaluate(self, stop: Stop) -> float | None:
        held = self.data.held_out
        if held is None:
            return None
        recipe = self.data.recipe
        return evaluate(self.model, held.batches, held.references, held.vocabulary, recipe, self.precision, stop)

    def facts(self) -> dict[str, Any]:
        return self.about

    def headline(self, *, compiled: bool) -> str:
        return describe.headline(self.about, self.data, compiled=compiled)

    def hyper_parameters(self, marks: Marks, replicas: int) -> None:
        describe.hyper_parameters(marks, self.data, self.schedule, replicas)

    def said(self, quality: float) -> str:
        return f"{describe.METRIC} {quality * 100:.1f}"
