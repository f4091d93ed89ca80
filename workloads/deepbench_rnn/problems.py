"""The training list of DeepBench's recurrent layers: 53 sizes (baidu-research/DeepBench, code/kernels/rnn_problems.h).

The header has one of them, the GRU of 2816 units and 1500 steps, as a comment; DeepBench's spreadsheet lists it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

from workloads.common.recurrent import flop_per_step

DIRECTIONS = ("forward", "backward")
"""DeepBench times either by itself (code/nvidia/rnn_bench.cu)."""
TORCHS = {"vanilla": "RNN", "LSTM": "LSTM", "GRU": "GRU"}
"""What torch calls the kinds of cells."""


@dataclass(frozen=True, slots=True)
class Layer:
    """One layer of a `kind` (vanilla, LSTM, GRU), as wide at its input as it has units."""

    kind: str
    hidden: int
    batch: int
    steps: int

    @property
    def name(self) -> str:
        return f"{self.kind:<7} hidden {self.hidden:>4}, batch {self.batch:>3}, steps {self.steps:>4}"

    @property
    def flop(self) -> float:
        """Of the way forward, the product with the input among them."""
        return flop_per_step(TORCHS[self.kind], self.hidden, self.hidden) * self.batch * self.steps


@dataclass(frozen=True, slots=True)
class Rnn:
    """One direction of a layer: a problem of its own."""

    layer: Layer
    direction: str

    @property
    def name(self) -> str:
        return f"{self.layer.name}, {self.direction:<8}"

    @property
    def part(self) -> str:
        return f"{self.layer.kind} {self.direction}"

    @property
    def flop(self) -> float:
        """Backward has two products for each one forward: one for the data, one for the weights."""
        return self.layer.flop * (1 if self.direction == "forward" else 2)


def problems() -> tuple[Rnn, ...]:
    """All 106: 53 layers in 2 directions."""
    return tuple(Rnn(layer, direction) for layer in layers() for direction in DIRECTIONS)


def layers() -> tuple[Layer, ...]:
    """All 53 in DeepBench's order."""
    return tuple(_all())


def _all() -> Iterator[Layer]:
    batches = (16, 32, 64, 128)
    yield from _each("vanilla", (1760, 2048, 2560), batches, (50,))
    yield from _each("LSTM", (512, 1024, 2048, 4096), batches, (25,))
    yield from _each("LSTM", (1536,), (8, 16, 32), (50,))
    yield from _each("LSTM", (256,), (16, 32, 64), (150,))
    yield from _each("GRU", (2816, 2048, 1536, 2560), (32,), (1500, 750, 375, 187))
    yield Layer("GRU", 512, 32, 1)
    yield from _each("GRU", (1024,), (32, 64), (1500,))


def _each(kind: str, hidden: tuple[int, ...], batches: tuple[int, ...], steps: tuple[int, ...]) -> Iterator[Layer]:
    return (Layer(kind, *sizes) for sizes in product(hidden, batches, steps))
