"""What a workload's room hands to the one training loop: a model with its data, and what only this room knows."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from typing import Any, ClassVar, Generic, Protocol, TypeVar

import torch
from torch import nn

from workloads.common.graphs import Part
from workloads.common.marks import Marks
from workloads.common.stop import Stop

Batch = TypeVar("Batch")
Batch_co = TypeVar("Batch_co", covariant=True)


class Batches(Protocol[Batch_co]):
    """Each `for` loop over them is one epoch of `batches` batches for this rank."""

    @property
    def batches(self) -> int: ...
    def __iter__(self) -> Iterator[Batch_co]: ...
    def skip(self, batches: int) -> None:
        """Leave out so many, counted through all epochs: a run that goes on has trained on them before."""


class Task(ABC, Generic[Batch]):
    """A model to be trained. Each `for` loop over `train` is one epoch.

    `batch` is in samples and this rank's, `eval_every` in epochs; `target` is None where there is
    nothing to reach. `schedule` gives the learning rate of a step, counted from 0.
    """

    unit: ClassVar[str] = "samples/s"
    compile_mode: str | None = None
    """torch.compile's mode on a GPU where none is asked for: reduce-overhead, which launches CUDA graphs, where steps
    all have one shape and wait for launches. None is torch's own default."""

    clip_norm: ClassVar[float | None] = None
    """The most that the norm of all gradients together may be; None leaves them as they are."""

    model: nn.Module
    optimiser: torch.optim.Optimizer
    schedule: Callable[[int], float]
    train: Batches[Batch]
    batch: int
    epochs: int
    eval_every: int
    target: float | None
    can_evaluate: bool

    def compiled(self, wrapped: nn.Module, mode: str | None) -> Callable[..., Any]:
        """What `loss` is given where the run is to be compiled: `wrapped` is the model, with DDP around it or not.

        Its one shape alone: evaluation, with other modes and a smaller last batch, would be compiled anew up to twice,
        and takes the same weights as they are. `mode` is torch.compile's.
        """
        made: Callable[..., Any] = torch.compile(wrapped, dynamic=False, mode=mode)
        return made

    def graphed(self, *, compiled: bool) -> Sequence[Part]:  # noqa: ARG002
        """What may be recorded as CUDA graphs, with its arguments in training; `compiled` if torch.compile comes too.

        Parts that launch many small kernels, whose batches all have one shape, and that keep no statistics of them.
        """
        return ()

    @abstractmethod
    def loss(self, forward: Callable[..., Any], batch: Batch) -> torch.Tensor:
        """The loss of a batch, a scalar on the device. `forward` is the model, compiled or not; nothing may wait."""

    @abstractmethod
    def evaluate(self, stop: Stop) -> float | None:
        """The benchmark's metric on what is held out; None when a stop came in between."""

    def reached(self, quality: float) -> bool:
        """Whether a run is done that has come to this."""
        return self.target is not None and quality >= self.target

    def accuracy(self, quality: float) -> Any:
        """The metric as MLPerf's eval_accuracy has it for this benchmark."""
        return quality

    @abstractmethod
    def facts(self) -> dict[str, Any]:
        """Fields of the About record."""

    @abstractmethod
    def headline(self, *, compiled: str) -> str:
        """One line for people, before the first step."""

    @abstractmethod
    def hyper_parameters(self, marks: Marks, replicas: int) -> None:
        """MLPerf's keys for this benchmark; `replicas` batches, from all ranks, make one step."""

    @abstractmethod
    def said(self, quality: float) -> str:
        """The metric as a person reads it."""
