"""One line a GPU: the shares of its time, memory, power and clock, and how busy it was in the last two minutes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from mlperf_tui.viewer import format as fmt
from mlperf_tui.viewer import glyphs
from mlperf_tui.viewer.panes.pane import Pane, ScrollPane, empty
from mlperf_tui.viewer.panes.rows import Content, Look, Room, Row, row
from mlperf_tui.viewer.snapshot import GpuNow, Snapshot

SPARK_S = 120
SPARK_CELLS = (30, 24, 20, 12)
"""Divisors of two minutes, so that a cell is a whole number of seconds."""


@dataclass(frozen=True, slots=True)
class Column:
    """A heading with its unit, a width, and what stands in it."""

    heading: str
    width: int
    text: Callable[[GpuNow], str]


def _limit(gpu: GpuNow) -> str:
    """What held the clock back, if anything did; of several the first."""
    first, _, more = (fmt.DASH if gpu.limits is None else gpu.limits).partition("+")
    return f"{first}+" if more else first


def _of(now: str, most: str) -> str:
    return fmt.DASH if now == fmt.DASH else f"{now}/{most}"


COLUMNS = (
    Column("busy %", 6, lambda gpu: fmt.number(gpu.busy_pct)),
    Column("SM %", 4, lambda gpu: fmt.number(gpu.sm_pct)),
    Column("tensor %", 8, lambda gpu: fmt.number(gpu.tensor_pct)),
    Column("DRAM %", 6, lambda gpu: fmt.number(gpu.dram_pct)),
    Column("memory GiB", 11, lambda gpu: _of(fmt.gib(gpu.memory_used_bytes), fmt.gib(gpu.memory_total_bytes))),
    Column("power W", 7, lambda gpu: _of(fmt.number(gpu.power_w), fmt.number(gpu.power_limit_w).replace(",", ""))),
    Column("°C", 3, lambda gpu: fmt.number(gpu.temperature_c)),
    Column("MHz", 5, lambda gpu: fmt.number(gpu.clock_mhz)),
    Column("limit", 8, _limit),
)
KEPT = {"busy %", "memory GiB", "power W"}


class Gpus(ScrollPane):
    """A table that scrolls where GPUs are many; one line that says why where there is none."""

    title = "GPUs"

    def content(self, snapshot: Snapshot, room: Room) -> Content:
        if not snapshot.gpus:
            return Content()
        columns = fitting(room.width)
        spark_cells = next((count for count in SPARK_CELLS if count <= room.width - _width(columns) - 2), 0)
        heading = "   #" + "".join(f"  {fmt.cell(column.heading, column.width)}" for column in columns)
        heading += f"  last {SPARK_S // 60} min" if spark_cells else ""
        body = [_gpu_row(gpu, columns, spark_cells, room.width) for gpu in snapshot.gpus]
        return Content("", [row(heading, Look.DIM)], body)


class NoGpu(Pane):
    """The GPUs' place where there is none."""

    def content(self, snapshot: Snapshot, room: Room) -> Content:
        reason = snapshot.no_gpu or "no GPU seen yet"
        on_cpu = ": CPU run" if snapshot.device.startswith("CPU") and "CPU run" not in reason else ""
        return Content(body=empty(fmt.shorten(f"GPUs: {reason}{on_cpu}", room.width - 2)))


def fitting(width: int) -> list[Column]:
    """The columns that fit whole; from the right they go first, but busy, memory and power last of all."""
    columns = list(COLUMNS)
    kept = [column for column in COLUMNS if column.heading in KEPT]
    droppable = [*(column for column in reversed(COLUMNS) if column not in kept), *reversed(kept)]
    while droppable and _width(columns) > width:
        columns.remove(droppable.pop(0))
    return columns


def _width(columns: list[Column]) -> int:
    return 4 + sum(2 + column.width for column in columns)


def _gpu_row(gpu: GpuNow, columns: list[Column], spark_cells: int, width: int) -> Row:
    mark = "·" if gpu.used is False else " "
    name = f" {mark}{gpu.index:2}"
    if gpu.lost is not None:
        return row(fmt.fit([name, "lost", fmt.shorten(gpu.lost, max(0, width - 12))], width), Look.BOLD)
    text = name + "".join(f"  {fmt.cell(column.text(gpu), column.width)}" for column in columns)
    look = Look.DIM if gpu.used is False else Look.PLAIN
    if not spark_cells:
        return ((text, look),)
    values = gpu.busy.cells(spark_cells, SPARK_S // spark_cells)
    return ((f"{text}  ", look), (glyphs.spark(values, 0, 100), Look.SPARK))
