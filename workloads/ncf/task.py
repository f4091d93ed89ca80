"""NCF as the training loop takes it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import torch
from torch.nn.functional import binary_cross_entropy_with_logits

from workloads.common.marks import Marks
from workloads.common.precision import Precision
from workloads.common.stop import Stop
from workloads.common.task import Task
from workloads.ncf import describe
from workloads.ncf.batches import Batch
from workloads.ncf.data import Data
from workloads.ncf.model import NeuMF, parameters
from workloads.ncf.recipe import BETAS, EPSILON


class NCF(Task[Batch]):
    """The model on the device with its optimiser; the learning rate stays as it is."""

    unit: ClassVar[str] = "samples/s"

    def __init__(self, data: Data, precision: Precision, target: float | None) -> None:
        self.data, self.precision, self.target = data, precision, target
        self.train, self.batch = data.train, data.recipe.batch
        self.epochs, self.eval_every = data.recipe.epochs, 1
        self.can_evaluate = data.held_out is not None
        self.model = NeuMF(data.users, data.items, data.recipe.factors, data.recipe.layers).to(precision.device)
        self.optimiser = torch.optim.Adam(
            self.model.parameters(), lr=data.recipe.lr, betas=BETAS, eps=EPSILON, fused=True
        )
        self.schedule: Callable[[int], float] = lambda _step: data.recipe.lr
        self.about = describe.facts(data, precision, parameters(self.model), target)

    def loss(self, forward: Callable[..., Any], batch: Batch) -> torch.Tensor:
        # view: from the loader (1, N), and a synthetic batch is (N) and on the device already
        users, items, clicked = (part.to(self.precision.device, non_blocking=True).view(-1) for part in batch)
        return binary_cross_entropy_with_logits(forward(users, items).float(), clicked)

    def evaluate(self, stop: Stop) -> float | None:
        from workloads.ncf.evaluate import hit_rate  # noqa: PLC0415  torchmetrics: not needed by synthetic data

        return hit_rate(self.model, self.data.held_out or (), self.precision, stop)

    def facts(self) -> dict[str, Any]:
        return self.about

    def headline(self, *, compiled: str) -> str:
        return describe.headline(self.about, self.data, compiled=compiled)

    def hyper_parameters(self, marks: Marks, replicas: int) -> None:
        describe.hyper_parameters(marks, self.data, replicas)

    def said(self, quality: float) -> str:
        return f"{describe.METRIC} {quality:.3f}"
