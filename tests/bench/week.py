"""What a machine of eight GPUs and its ranks write in any stretch of a session, for measurements of long ones."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from mlperf_tui.records import (
    Clock,
    FrameReading,
    GpuReading,
    HostReading,
    Late,
    LinkReading,
    Record,
    Step,
    ThreadInfo,
    ThreadReading,
    encode,
)
from mlperf_tui.session.rollup import MINUTE_RECORDS

S = 1_000_000_000
GPUS, LINKS, THREADS = 8, 18, 32
READINGS = "readings-bench-0.jsonl"


@dataclass(frozen=True)
class Shape:
    """How many ranks take how many steps a second, and how many seconds of these are written where they are read.

    One line of the rollup covers a stretch.
    """

    ranks: int
    rate: int
    steps_s: int

    @property
    def stretch_s(self) -> float:
        return min(60.0, MINUTE_RECORDS / (self.ranks * self.rate * 2))

    def stretches(self, seconds: float) -> int:
        return round(seconds / self.stretch_s)


def readings(shape: Shape, part: int) -> Iterator[Record]:
    """What the recorder writes in the stretch number `part`, each thing at its pace."""
    draw = random.Random(7)
    start = round(part * shape.stretch_s)
    for second in range(start, round((part + 1) * shape.stretch_s)):
        t = (second + 1) * S
        if second % 60 == 0:
            yield Clock(t, 1_700_000_000 * S + t, "bench", "boot")
            yield from (ThreadInfo(t, 1000 + tid // 4, tid, f"rank {tid // 4} loader {tid % 4}") for tid in tids())
        series: dict[str, Any] = {name: gpus(draw, *limits) for name, limits in GPU_SERIES.items()}
        if second % 10:
            series |= {"pcie_tx_bytes_per_s": (), "pcie_rx_bytes_per_s": ()}
        yield GpuReading(t, limits=("power",) * GPUS, **series)
        yield link(draw, t, single=second % 60 == 0)
        if second % 2 == 0:
            yield HostReading(
                t, 61.204, 58.4, 643 << 30, 47.113, 512 << 30, 73, 2113, 40 * second, 3 << 40, 0.02 * second
            )
        if second % 3 == 0:
            yield ThreadReading(t, tids(), tuple(round(draw.random(), 3) for _ in tids()), "R" * THREADS, 2081, 3.204)
        pid = second % GPUS
        some = tids()[4 * pid : 4 * pid + 4]
        yield FrameReading(t, 1000 + pid, some, tuple(f"decode train/io.py:{draw.randrange(300)}" for _ in some))


GPU_SERIES = {
    "busy_pct": (90, 100, 0),
    "sm_pct": (85, 99, 1),
    "tensor_pct": (50, 62, 1),
    "dram_pct": (30, 45, 1),
    "memory_used_bytes": (7e10, 8e10, 0),
    "power_w": (650, 700, 1),
    "temperature_c": (58, 66, 0),
    "clock_mhz": (1700, 1980, 0),
    "pcie_tx_bytes_per_s": (1e8, 9e8, 0),
    "pcie_rx_bytes_per_s": (1e8, 9e8, 0),
}


def tids() -> tuple[int, ...]:
    return tuple(range(20_000, 20_000 + THREADS))


def gpus(draw: random.Random, low: float, high: float, digits: int = 0) -> tuple[float, ...]:
    values = (draw.uniform(low, high) for _ in range(GPUS))
    return tuple(round(value, digits) if digits else round(value) for value in values)


def link(draw: random.Random, t: int, *, single: bool) -> LinkReading:
    """Totals, and one by one where that is due."""
    by_link = tuple(tuple(round(draw.uniform(5e9, 7e9)) for _ in range(LINKS)) for _ in range(GPUS))
    both = (by_link, by_link) if single else ()
    return LinkReading(t, gpus(draw, 9e10, 1.2e11, 0), gpus(draw, 9e10, 1.2e11, 0), *both)


def steps(shape: Shape, part: int, rank: int) -> Iterator[Record]:
    """What a rank writes in that stretch."""
    draw = random.Random(rank)
    start = part * shape.stretch_s
    count = round(shape.stretch_s * shape.rate)
    for n in range(count):
        t = round((start + (n + 1) / shape.rate) * S)
        yield Step(t, part * count + n, 256, 0.000213, round(draw.gauss(1 / shape.rate, 0.02 / shape.rate), 6))
        seconds = round(draw.gauss(1 / shape.rate, 0.02 / shape.rate), 6)
        yield Late(part * count + n, seconds, loss=round(draw.uniform(2, 3), 5), lr=0.1)


def written(shape: Shape, part: int) -> dict[str, list[Record]]:
    """By file."""
    ranks = {f"steps-{rank}-0.jsonl": list(steps(shape, part, rank)) for rank in range(shape.ranks)}
    return {READINGS: list(readings(shape, part)), **ranks}


def text(records: list[Record]) -> bytes:
    return "".join(encode(record) + "\n" for record in records).encode()
