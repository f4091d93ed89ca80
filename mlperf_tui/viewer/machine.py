"""The machine side of the model: the newest readings of GPUs, links and host, and how busy each GPU was."""

from __future__ import annotations

from typing import Any

from mlperf_tui.records import GpuReading, HostReading, LinkReading, Minute, Values
from mlperf_tui.viewer.history import History
from mlperf_tui.viewer.notes import Notes
from mlperf_tui.viewer.snapshot import GpuNow, HostNow, LinkNow, LinksNow

SECOND_NS = 1_000_000_000
STALE_NS = 10 * SECOND_NS
"""A reading older than this says nothing about now."""

SPARK_S = 120
VALUES = ("busy_pct", "sm_pct", "tensor_pct", "dram_pct", "memory_used_bytes", "power_w", "temperature_c", "clock_mhz")


class Machine:
    """Keeps the newest of each kind of reading, and the newest from while the run lasted, which an ended one shows."""

    def __init__(self) -> None:
        self.notes = Notes()
        self.running = True
        self._newest: dict[type, Any] = {}
        self._in_run: dict[type, Any] = {}
        self._busy: dict[int, History] = {}

    def add(self, record: object) -> None:
        """Take in a record; one that is not about the machine is not for here."""
        match record:
            case GpuReading(busy_pct=()):
                return  # energy alone
            case GpuReading():
                self._keep(record)
                self._remember(record)
            case LinkReading() | HostReading():
                self._keep(record)
            case _:
                self.notes.add(record)

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

    def links(self, now: int, *, ended: bool = False) -> LinksNow:
        reading = self._reading(LinkReading, now, ended)
        if reading is None:
            return LinksNow()
        gpus = tuple(
            LinkNow(index, _at(reading.tx_bytes_per_s, index), _at(reading.rx_bytes_per_s, index))
            for index in range(len(reading.tx_bytes_per_s))
        )
        return LinksNow("NVLink", gpus, self.notes.link_rung())

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
