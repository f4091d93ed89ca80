"""A problem of a DeepBench list, and what was measured of it."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

import torch


class Problem(Protocol):
    """One size of a kernel; where forward and backward are timed apart, one pass of one size."""

    @property
    def name(self) -> str:
        """Its sizes, as a table has them."""
        ...


class Counted(Problem, Protocol):
    """One that computes."""

    @property
    def flop(self) -> float:
        """Floating-point operations, 2 for each multiply-add."""
        ...


@dataclass(frozen=True, slots=True)
class Measured:
    """`rate` is in the kernel's unit; `part` is the part of the list that the problem is of, or nothing."""

    name: str
    seconds: float
    rate: float
    part: str = ""


P = TypeVar("P", bound=Problem)
C = TypeVar("C", bound=Counted)
Prepare = Callable[[P, torch.device, torch.dtype], Callable[[], object]]
"""Lays out what a problem works on, and gives back the work itself."""


def geometric_mean(rates: Iterable[float]) -> float:
    """Of rates above 0."""
    logs = [math.log(rate) for rate in rates]
    return math.exp(sum(logs) / len(logs))


def up_to(problems: Sequence[C], most_flop: float) -> list[C]:
    """Those of no more FLOP than that."""
    return [problem for problem in problems if problem.flop <= most_flop]
