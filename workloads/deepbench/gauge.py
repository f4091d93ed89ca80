"""How a kernel is timed, and as what its times are told."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, ClassVar, Generic

import torch

from workloads.common.group import Alone
from workloads.deepbench.problem import P
from workloads.deepbench.timing import MOST_REPEATS, seconds

TERA = 1e12


class Gauge(ABC, Generic[P]):
    """What a pass asks about a kernel; rates are in `unit`."""

    unit: ClassVar[str]

    @abstractmethod
    def seconds(self, work: Callable[[], object], device: torch.device, group: Alone) -> float:
        """Seconds that `work` takes, the same for all processes of the group. Waits for the device."""

    @abstractmethod
    def rate(self, problem: P, seconds: float) -> float:
        """How fast a problem was done."""

    def told(self, problem: P, seconds: float) -> str:
        """What a problem's line says besides its name and its time."""
        return f"{self.rate(problem, seconds):8.3f} {self.unit}"

    def part(self, problem: P) -> str:  # noqa: ARG002  a list of one part only doesn't look at it
        """The part of the list that a problem is of, each with a geometric mean of its own; "" for no part."""
        return ""


class Flops(Gauge[Any]):
    """TFLOP/s, from `most_repeats` at most; `part` names a problem's part."""

    unit = "TFLOP/s"

    def __init__(self, most_repeats: int = MOST_REPEATS, part: Callable[[Any], str] = lambda _: "") -> None:
        self._most_repeats = most_repeats
        self._part = part

    def seconds(self, work: Callable[[], object], device: torch.device, group: Alone) -> float:  # noqa: ARG002
        return seconds(work, device, self._most_repeats)

    def rate(self, problem: Any, seconds: float) -> float:
        return float(problem.flop) / seconds / TERA

    def part(self, problem: Any) -> str:
        return self._part(problem)
