"""The Transformer as the training loop takes it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

import torch
from torch import nn

from workloads.common.facts import facts
from workloads.common.graphs import Part
from workloads.common.marks import Marks
from workloads.common.precision import Precision
from workloads.transformer import describe
from workloads.transformer.model import Transformer, flop_per_token, parameters
from workloads.transformer.packing import Batch, alone, to_device
from workloads.transformer.recipe import BETAS, EPSILON, LABEL_SMOOTHING, Recipe
from workloads.transformer.schedule import Schedule
from workloads.transformer.translate import translate
from workloads.translation.data import Data
from workloads.translation.describe import METRIC
from workloads.translation.pieces import PAD
from workloads.translation.task import Translator


class Translation(Translator[Batch, Recipe]):
    """The model on the device, with its optimiser and its schedule."""

    words: ClassVar[str] = "13a"
    compile_mode: str | None = "reduce-overhead"

    model: Transformer

    def __init__(self, data: Data[Batch, Recipe], precision: Precision, target: float | None) -> None:
        super().__init__(data, precision, target)
        recipe = data.recipe
        self.model = Transformer(recipe, data.vocabulary).to(precision.device)
        self.criterion = nn.CrossEntropyLoss(label_smoothing=LABEL_SMOOTHING, ignore_index=PAD)
        self.optimiser = torch.optim.Adam(self.model.parameters(), lr=0.0, betas=BETAS, eps=EPSILON, fused=True)
        self.schedule = Schedule(recipe.lr, recipe.warmup)
        flop = flop_per_token(recipe, data.vocabulary)
        self.about = facts(data, precision, parameters(self.model), flop, METRIC, target)

    def graphed(self, *, compiled: bool) -> Sequence[Part]:
        """The model; torch.compile makes graphs itself."""
        recipe = self.data.recipe
        ids = torch.ones(recipe.rows, recipe.length, dtype=torch.long, device=self.precision.device)
        return () if compiled else [Part(self.model, (alone(ids), alone(ids)))]

    def loss(self, forward: Callable[..., Any], batch: Batch) -> torch.Tensor:
        source, target, labels = to_device(batch, self.precision.device)
        loss: torch.Tensor = self.criterion(forward(source, target).flatten(0, 1), labels.flatten())
        return loss

    def translate(self, sources: torch.Tensor) -> torch.Tensor:
        return translate(self.model, sources, self.data.recipe)

    def headline(self, *, compiled: str) -> str:
        return describe.headline(self.about, self.data, compiled=compiled)

    def hyper_parameters(self, marks: Marks, replicas: int) -> None:
        describe.hyper_parameters(marks, self.data, replicas)
