"""DeepBench's all-reduce list: 7 sizes (baidu-research/DeepBench, code/kernels/all_reduce_problems.h)."""

from __future__ import annotations

from dataclasses import dataclass

FLOATS = (100_000, 3_097_600, 4_194_304, 6_553_600, 16_777_217, 38_360_000, 64_500_000)
BYTES_PER_FLOAT = 4


@dataclass(frozen=True, slots=True)
class Reduction:
    """So many floats on each rank, summed over all ranks."""

    floats: int

    @property
    def name(self) -> str:
        return f"{self.floats:>10,} floats"

    @property
    def size(self) -> int:
        """Bytes on each rank."""
        return BYTES_PER_FLOAT * self.floats


def problems() -> tuple[Reduction, ...]:
    """All 7, at every scale."""
    return tuple(Reduction(floats) for floats in FLOATS)
