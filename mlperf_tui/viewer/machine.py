"""The machine side of the model: the newest readings of GPUs, links and host, and how busy each GPU was."""

from __future__ import annotations

from typing import Any

from mlperf_tui.records import (
    FrameReading,
    GpuReading,
    HostReading,
    LinkReading,
    Minute,
    StackReading,
    ThreadInfo,
    ThreadReading,
    Values,
)
from mlperf_tui.viewer.history import History
from mlperf_tui.viewer.links import Links
from mlperf_tui.viewer.notes import Notes
from mlperf_tui.viewer.recent import Recent
from mlperf_tui.viewer.snapshot import Cost, GpuNow, HostNow, Known, LinksNow
from mlperf_tui.viewer.threads import Threads

SECOND_NS = 1_000_000_000
STALE_NS = 10 * SECOND_NS
"""A reading older than this says nothing about now."""

SPARK_S = 480
VALUES = ("busy_pct", "sm_pct", "tensor_pct", "dram_pct", "memory_used_bytes", "power_w", "temperature_c", "clock_mhz")


class Machine:
    """Keeps the newest of each kind of reading, and the newest from while the run lasted, which an ended one shows."""

    def __init__(self) -> None:
        self.notes = Notes()
        self.threads = Threads()
        self.recent = Recent()
        self._links = Links(self.notes, self.recent)
        self.running = True
        self._newest: dict[type, Any] = {}
        self._in_run: dict[type, Any] = {}
        self._busy: dict[int, History] = {}

    def add(self, record: object) -> None:
        """Take in a record; one that is not about the machine is not for here."""
        match record:
            case GpuReading(busy_pct=()):
                return  # energy alone
            case GpuReading() | LinkReading() | HostReading():
                self._keep(record)
            case ThreadInfo() | ThreadReading() | FrameReading() | StackReading():
                self.threads.add(record)
            case _:
                self.notes.add(record)
        if isinstance(record, GpuReading | LinkReading | HostReading | ThreadReading | ThreadInfo):
            self.recent.add(record)

    def recall(self, minute: Minute) -> None:
        """Take in a minute of long ago."""
        for index, spread in enumerate(minute.series.get("gpu.busy_pct", ())):
            if spread is not None:
                self._history(index).fill(minute.t0 // SECOND_NS, minute.t1 // SECOND_NS + 1, spread[1])

    def gpus(self, now: int, used: set[str], *, ended: bool = False) -> tuple[GpuNow, ...]:
        """Each GPU that is known; `used` holds the uuids that the ranks named."""
        reading = self._reading(GpuReading, now, ended)
        count = max([len(reading.busy_pct) if reading else 0, *(index + 1 for index in self.notes.gpus)], default=0)
        return tuple(self._gpu_now(index, reading, now, used) for index in range(count))

    def links(self, now: int, step_s: float | None, *, ended: bool = False) -> LinksNow:
        """What GPUs send each other; `step_s` is the time of a step."""
        link, gpu = (self._reading(kind, now, ended) for kind in (LinkReading, GpuReading))
        return self._links.now(now, link, gpu, step_s, ended=ended)

    def known(self, now: int) -> Known:
        """Where series come from, why some are missing, and how old the newest of each kind is."""
        kinds = {"gpu": GpuReading, "link": LinkReading, "host": HostReading}
        times = {name: self._newest[kind].t for name, kind in kinds.items() if kind in self._newest}
        ages = {name: max(0, now - t) / SECOND_NS for name, t in {**times, **self.threads.times_ns()}.items()}
        return Known(self.notes.sources, self.notes.reasons, ages)

    def cost(self) -> Cost:
        """What the recorder says that it costs."""
        newest, share = self._newest.get(HostReading), self.recent.recorder_share()
        return Cost(
            recorder_pct=None if share is None else 100 * share,
            late_ticks=newest.late_ticks if newest else None,
            lines_lost=newest.lines_lost if newest else None,
        )

    def host(self, now: int) -> HostNow:
        info, reading = self.notes.host, self._reading(HostReading, now)
        still = {"cpus": info.cpus, "memory_total_bytes": info.memory_total_bytes} if info else {}
        names = ("cpu_cores", "memory_used_bytes", "run_cpu_cores", "run_memory_bytes", "run_processes")
        moving = {name: getattr(reading, name) for name in names} if reading else {}
        return HostNow(**still, **moving)

    def _gpu_now(self, index: int, reading: GpuReading | None, now: int, used: set[str]) -> GpuNow:
        info = self.notes.gpus.get(index)
        values: dict[str, Any] = {name: _at(getattr(reading, name), index) for name in VALUES} if reading else {}
        limits = reading.limits if reading else ()
        return GpuNow(
            index=index,
            name=info.name if info else "",
            used=info.uuid in used if info and used else None,
            lost=self._lost(index),
            memory_total_bytes=info.memory_total_bytes if info else None,
            power_limit_w=info.power_limit_w if info else None,
            limits=limits[index] if index < len(limits) else None,
            busy=self._history(index).track(now // SECOND_NS, SPARK_S + 60),
            **values,
        )

    def _lost(self, index: int) -> str | None:
        """Why a GPU doesn't answer any more, once the recorder has raised the alarm and as long as no value comes."""
        reading = self._newest.get(GpuReading)
        silent = reading is None or all(_at(getattr(reading, name), index) is None for name in VALUES)
        return self.notes.lost.get(index) if silent else None

    def _remember(self, reading: GpuReading) -> None:
        for index, value in enumerate(reading.busy_pct):
            self._history(index).put(reading.t // SECOND_NS, value)

    def _history(self, index: int) -> History:
        return self._busy.setdefault(index, History())

    def _keep(self, reading: GpuReading | LinkReading | HostReading) -> None:
        self._newest[type(reading)] = reading
        if isinstance(reading, GpuReading):
            self._remember(reading)
        if not isinstance(reading, HostReading):
            self._links.add(reading)
        if self.running:
            self._in_run[type(reading)] = reading

    def _reading(self, kind: type, now: int, ended: bool = False) -> Any:
        """The newest, unless it is stale; of a run that has ended, the last one from before its end."""
        if ended:
            return self._in_run.get(kind)
        reading = self._newest.get(kind)
        return reading if reading is not None and now - reading.t <= STALE_NS else None


def _at(values: Values, index: int) -> float | None:
    return values[index] if index < len(values) else None
