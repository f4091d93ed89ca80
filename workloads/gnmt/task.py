"""GNMT as the training loop takes it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, ClassVar

import torch
from torch import nn

from workloads.common.facts import facts
from workloads.common.graphs import Part
from workloads.common.lstm import LSTM, caveat
from workloads.common.marks import Marks
from workloads.common.precision import Precision
from workloads.gnmt import describe
from workloads.gnmt.both_ways import BothWays
from workloads.gnmt.cost import flop_per_token
from workloads.gnmt.model import GNMT, parameters
from workloads.gnmt.recipe import CLIP_NORM, LABEL_SMOOTHING, Recipe
from workloads.gnmt.rows import Batch, to_device
from workloads.gnmt.schedule import Schedule
from workloads.gnmt.translate import translate
from workloads.translation.data import Data
from workloads.translation.describe import METRIC
from workloads.translation.pieces import PAD
from workloads.translation.task import Translator


class Translation(Translator[Batch, Recipe]):
    """The model on the device, with its optimiser and its schedule."""

    clip_norm: ClassVar[float | None] = CLIP_NORM
    words: ClassVar[str] = "intl"
    """MLPerf's for GNMT (mlcommons/training, rnn_translator); the Transformer has 13a."""

    model: GNMT
    schedule: Schedule

    def __init__(self, data: Data[Batch, Recipe], precision: Precision, target: float | None) -> None:
        super().__init__(data, precision, target)
        recipe = data.recipe
        self.model = GNMT(recipe, data.vocabulary).to(precision.device)
        self.criterion = nn.CrossEntropyLoss(label_smoothing=LABEL_SMOOTHING, ignore_index=PAD, reduction="sum")
        self.optimiser = torch.optim.Adam(self.model.parameters(), lr=0.0, fused=True)
        self.schedule = Schedule(recipe.lr, recipe.warmup, recipe.epochs * data.steps_per_epoch)
        flop = flop_per_token(recipe, data.vocabulary)
        self.about = facts(data, precision, parameters(self.model), flop, METRIC, target)

    def graphed(self, *, compiled: bool) -> Sequence[Part]:
        """The model; where it is compiled, which an LSTM isn't, each of them by itself."""
        return list(self.lstms()) if compiled else [Part(self.model, (self.pieces(), self.pieces()))]

    def pieces(self) -> torch.Tensor:
        """Ids in the shape of a side of every batch: (N, L)."""
        return torch.ones(
            self.data.recipe.rows, self.data.recipe.length, dtype=torch.long, device=self.precision.device
        )

    def lstms(self) -> Iterator[Part]:
        """Each with inputs (N, L, …) as it gets them, and the first one with the places that aren't padding."""
        ids, kind = self.pieces(), self.precision.compute or torch.float32
        for layer in self.model.modules():
            if isinstance(layer, LSTM):
                x = torch.zeros(*ids.shape, layer.input_size, dtype=kind, device=ids.device, requires_grad=True)
                yield Part(layer, (x, ids != PAD) if isinstance(layer, BothWays) else (x,))

    def loss(self, forward: Callable[..., Any], batch: Batch) -> torch.Tensor:
        """A sentence's whole loss, averaged over sentences: what the reference clips the gradients of (trainer.py)."""
        source, target, labels = to_device(batch, self.precision.device)
        total: torch.Tensor = self.criterion(forward(source, target).flatten(0, 1), labels.flatten())
        return total / len(source)

    def translate(self, sources: torch.Tensor) -> torch.Tensor:
        return translate(self.model, sources, self.data.recipe)

    def headline(self, *, compiled: str) -> str:
        return describe.headline(
            self.about, self.data, compiled=compiled, caveat=caveat(self.precision, self.data.recipe.hidden)
        )

    def hyper_parameters(self, marks: Marks, replicas: int) -> None:
        describe.hyper_parameters(marks, self.data, self.schedule, replicas)
