"""The training list of DeepBench's GEMM: 160 sizes (baidu-research/DeepBench, code/kernels/gemm_problems.h)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

SQUARE = (1760, 2048, 2560, 4096)
LONG = 500_000


@dataclass(frozen=True, slots=True)
class Gemm:
    """C (m, n) = A (m, k) · B (k, n); a `T` says that the matrix lies transposed in memory: `TN` is A, `NT` is B."""

    m: int
    n: int
    k: int
    layout: str

    @property
    def name(self) -> str:
        return f"{self.m:>5} × {self.n:>5} × {self.k:>6} {self.layout}"

    @property
    def flop(self) -> float:
        return 2.0 * self.m * self.n * self.k


def problems() -> tuple[Gemm, ...]:
    """All 160."""
    return tuple(_all())


def _all() -> Iterator[Gemm]:
    for size in SQUARE:
        yield from _each(size, size, (16, 32, 64, 128, 7000), ("NN", "TN"))
        yield Gemm(size, 7133, size, "NT")
        yield from _each(5124, size, (9124,), ("NN", "TN"))
        yield from _each(35, size, (8457,), ("NN", "TN"))
    for m, k, wide in ((7680, 2560, 5481), (3072, 1024, 7435)):
        yield from _each(m, k, (16, 32, 64, 128, 24000, 48000), ("NN", "TN"))
        yield Gemm(m, wide, k, "NT")
    for m, k in ((6144, 2048), (4608, 1536), (8448, 2816)):
        yield from _each(m, k, (16, 32, 24000, 48000), ("NN", "TN"))
    for m in (512, 1024):
        yield from _each(m, LONG, (8, 16), ("NN", "TN"))
        for k in (2816, 2048, 2560, 1536):
            yield from _each(m, k, (24000, 48000), ("NN", "TN"))
        yield from _each(m, 512, (16, 32), ("NN", "NT"))
    yield from _each(1024, 512, (700,), ("NN", "TN"))


def _each(m: int, k: int, columns: tuple[int, ...], layouts: tuple[str, ...]) -> Iterator[Gemm]:
    return (Gemm(m, n, k, layout) for n, layout in product(columns, layouts))
