"""DrQA as the training loop takes it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import torch
from torch.nn.functional import cross_entropy

from workloads.common.lstm import caveat
from workloads.common.marks import Marks
from workloads.common.precision import Precision
from workloads.common.stop import Stop
from workloads.common.task import Task
from workloads.dawn_drqa import describe
from workloads.dawn_drqa.data import Data
from workloads.dawn_drqa.examples import Batch
from workloads.dawn_drqa.model import Reader, parameters
from workloads.dawn_drqa.recipe import BETAS, CLIP_NORM, EPSILON


class DrQA(Task[Batch]):
    """The reader on the device with its optimiser; the learning rate stays as it is. A sample is a question."""

    unit: ClassVar[str] = "samples/s"
    clip_norm: ClassVar[float | None] = CLIP_NORM

    def __init__(self, data: Data, precision: Precision, target: float | None) -> None:
        self.data, self.precision, self.target = data, precision, target
        self.train, self.batch = data.train, data.recipe.batch
        self.epochs, self.eval_every = data.recipe.epochs, 1
        self.can_evaluate = data.held_out is not None
        self.model = Reader(data.recipe, data.words, data.vectors).to(precision.device)
        self.optimiser = torch.optim.Adamax(self.model.parameters(), lr=data.recipe.lr, betas=BETAS, eps=EPSILON)
        self.schedule: Callable[[int], float] = lambda _step: data.recipe.lr
        self.about = describe.facts(data, precision, parameters(self.model), target)

    def loss(self, forward: Callable[..., Any], batch: Batch) -> torch.Tensor:
        passage, features, question, first, last = (
            part.to(self.precision.device, non_blocking=True) for part in (*batch.read, batch.first, batch.last)
        )
        firsts, lasts = forward(passage, features, question)
        return cross_entropy(firsts, first) + cross_entropy(lasts, last)

    def evaluate(self, stop: Stop) -> float | None:
        from workloads.dawn_drqa.evaluate import evaluate  # noqa: PLC0415  torchmetrics: not needed by synthetic data

        held = self.data.held_out
        return None if held is None else evaluate(self.model, held.batches, held.asked, self.precision, stop)

    def facts(self) -> dict[str, Any]:
        return self.about

    def headline(self, *, compiled: str) -> str:
        return describe.headline(
            self.about, self.data, compiled=compiled, caveat=caveat(self.precision, self.data.recipe.hidden)
        )

    def hyper_parameters(self, marks: Marks, replicas: int) -> None:
        describe.hyper_parameters(marks, self.data, replicas)

    def said(self, quality: float) -> str:
        return f"{describe.METRIC} {quality:.3f}"
