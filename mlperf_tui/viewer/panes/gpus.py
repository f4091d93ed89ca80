"""One line a GPU: the shares of its time, memory, power and clock, and how busy it was in the last two minutes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from mlperf_tui.frozen import frozen
from mlperf_tui.viewer import format as fmt
from mlperf_tui.viewer import glyphs
from mlperf_tui.viewer.panes.origins import age, last_of, origins
from mlperf_tui.viewer.panes.pane import Pane, SortPane, empty
from mlperf_tui.viewer.panes.rows import Content, Look, Room, Row, row
from mlperf_tui.viewer.panes.sparks import Sparks
from mlperf_tui.viewer.snapshot import GpuNow, Snapshot


@frozen
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


SERIES = (
    ("busy %", "gpu.busy_pct"),
    ("SM %", "gpu.sm_pct"),
    ("tensor %", "gpu.tensor_pct"),
    ("DRAM %", "gpu.dram_pct"),
    ("memory", "gpu.memory_used_bytes"),
    ("power", "gpu.power_w"),
    ("°C", "gpu.temperature_c"),
    ("MHz", "gpu.clock_mhz"),
    ("limit", "gpu.limits"),
)
ORDERS: dict[str, Callable[[GpuNow], Any]] = {
    "index": lambda gpu: gpu.index,
    "busy": lambda gpu: -(gpu.busy_pct or 0.0),
    "memory": lambda gpu: -(gpu.memory_used_bytes or 0.0),
    "power": lambda gpu: -(gpu.power_w or 0.0),
    "°C": lambda gpu: -(gpu.temperature_c or 0.0),
}


class Gpus(SortPane):
    """A table that scrolls where GPUs are many."""

    title = "GPUs"
    sorts: ClassVar[tuple[str, ...]] = tuple(ORDERS)

    def __init__(self, *, ascii_only: bool = False) -> None:
        super().__init__(ascii_only=ascii_only)
        self._sparks = Sparks()

    def heading(self, snapshot: Snapshot) -> str:
        return f"{self.title}{last_of(snapshot)}"

    def content(self, snapshot: Snapshot, room: Room) -> Content:
        if not snapshot.gpus:
            return Content()
        columns = fitting(room.width)
        spark_cells = glyphs.spark_cells(room.width - _width(columns) - 2)
        heading = "   #" + "".join(f"  {fmt.cell(column.heading, column.width)}" for column in columns)
        heading += f"  {_spark_heading(spark_cells)}" if spark_cells else ""
        gpus = sorted(snapshot.gpus, key=ORDERS[self.order])
        body = [_gpu_row(gpu, columns, self._spark(gpu, spark_cells), room.width) for gpu in gpus]
        return Content("", [row(heading, Look.DIM)], body)

    def _spark(self, gpu: GpuNow, cells: int) -> str:
        return self._sparks.of(gpu.index, gpu.busy, cells, 100) if cells else ""

    def details(self, snapshot: Snapshot) -> list[str]:
        return [
            f"{age(snapshot.known, 'gpu')}; a dot before a GPU: this run does not use it",
            *origins(snapshot.known, SERIES),
            "busy: the share of time in which some kernel ran; SM, tensor, DRAM: how much of their peak was in use",
            "limit: what holds the clock back; none of it is a dash only where the driver doesn't tell",
        ]


def _spark_heading(cells: int) -> str:
    """As much of it as stands over the spark."""
    said = glyphs.minutes(cells)
    return f"busy, {said}" if len(said) + 6 <= cells else said


class NoGpu(Pane):
    """The GPUs' place where there is none."""

    def content(self, snapshot: Snapshot, room: Room) -> Content:
        reason = snapshot.no_gpu or "no GPU seen yet"
        on_cpu = ": CPU run" if snapshot.device.startswith("CPU") and "CPU run" not in reason else ""
        return Content(body=empty(fmt.shorten(f"GPUs, NVLink: {reason}{on_cpu}", room.width - 2)))


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


def _gpu_row(gpu: GpuNow, columns: list[Column], spark: str, width: int) -> Row:
    mark = "·" if gpu.used is False else " "
    name = f" {mark}{gpu.index:2}"
    if gpu.lost is not None:
        return row(fmt.fit([name, "lost", fmt.shorten(gpu.lost, max(0, width - 12))], width), Look.BOLD)
    text = name + "".join(f"  {fmt.cell(column.text(gpu), column.width)}" for column in columns)
    look = Look.DIM if gpu.used is False else Look.PLAIN
    return ((f"{text}  ", look), (spark, Look.SPARK)) if spark else ((text, look),)
