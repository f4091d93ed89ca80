"""A translator as the training loop takes it; a room adds its model, optimiser, schedule, loss, search and keys."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from typing import Any, ClassVar, Generic

import torch
from torch import nn

from workloads.common.precision import Precision
from workloads.common.stop import Stop
from workloads.common.task import Batch, Task
from workloads.translation.data import Data
from workloads.translation.describe import METRIC
from workloads.translation.evaluate import evaluate
from workloads.translation.recipe import R


class Translator(Task[Batch], Generic[Batch, R]):
    """A sample is a target position, padding too. `about` are the fields of the About record, by the room."""

    unit: ClassVar[str] = "tokens/s"
    words: ClassVar[str]
    """How sacrebleu cuts words for this benchmark's BLEU: its `--tokenize`."""

    about: dict[str, Any]
    criterion: nn.Module
    """Logits (N, vocabulary) and labels (N) to a loss."""

    def __init__(self, data: Data[Batch, R], precision: Precision, target: float | None) -> None:
        self.data, self.precision, self.target = data, precision, target
        self.train, self.batch = data.train, data.recipe.batch
        self.epochs, self.eval_every = data.recipe.epochs, data.recipe.eval_every
        self.can_evaluate = data.held_out is not None

    def compiled(self, wrapped: nn.Module, mode: str | None) -> Callable[..., Any]:
        """The criterion too, which goes over more memory than any layer."""
        self.criterion.compile(dynamic=False, mode=mode)
        return super().compiled(wrapped, mode)

    @abstractmethod
    def translate(self, sources: torch.Tensor) -> torch.Tensor:
        """Sources (N, M) on the device, padded, to their translations (N, L), PAD behind END."""

    def evaluate(self, stop: Stop) -> float | None:
        held = self.data.held_out
        return None if held is None else evaluate(self.model, self.translate, held, self.words, self.precision, stop)

    def facts(self) -> dict[str, Any]:
        return self.about

    def said(self, quality: float) -> str:
        return f"{METRIC} {quality * 100:.1f}"
