"""One GPU as NVML knows it: its handle, who it is, and calls to it."""

from __future__ import annotations

from typing import Any

import pynvml

from mlperf_tui.records import GpuInfo
from mlperf_tui.sampling.gpu.door import Door, Refusal
from mlperf_tui.sampling.gpu.notes import Notes
from mlperf_tui.sampling.gpu.units import pcie_bytes_per_s

HANDLE = "nvmlDeviceGetHandleByIndex"


class Device:
    """A GPU by NVML's index. What is asked comes back as None where it is refused; `refusal` then says why."""

    def __init__(self, door: Door, notes: Notes, index: int) -> None:
        self.index = index
        self.door = door
        self.notes = notes
        self._handle: Any = None
        self.uuid: str = self.ask("nvmlDeviceGetUUID") or ""
        mode = self.ask("nvmlDeviceGetMigMode")
        self._is_mig = bool(mode and mode[0])

    def handle(self) -> Any:
        """NVML's handle, None while the driver gives none; kept once it has been given."""
        if self._handle is None:
            self._handle = self.door.ask(self.index, HANDLE, self.index)
        return self._handle

    def ask(self, call: str, *args: Any) -> Any:
        """What `call` answers about this GPU, or None."""
        handle = self.handle()
        return None if handle is None else self.door.ask(self.index, call, handle, *args)

    def may_ask(self, name: str) -> bool:
        return self.door.may_ask(self.index, name)

    def settle(self, name: str, answer: object) -> None:
        """Take note of an answer or a refusal to one value among many."""
        self.door.settle(self.index, name, answer)

    def refusal(self, name: str) -> Refusal | None:
        """What stands in the way of `name` now."""
        refusal = self.door.refusal(self.index, HANDLE) or self.door.refusal(self.index, name)
        if refusal and self._is_mig and refusal.code == pynvml.NVML_ERROR_NOT_SUPPORTED:
            return Refusal(refusal.code, "not supported while MIG is on")
        return refusal

    def explain(self, series: str, name: str) -> None:
        """Leave a note why the series has no value, if `name` was refused."""
        if refusal := self.refusal(name):
            self.notes.unavailable(series, refusal.reason, self.index)

    def info(self, driver: str | None, links: int | None, link_bytes_per_s: float | None) -> GpuInfo:
        """What stays the same about it."""
        memory = self.ask("nvmlDeviceGetMemoryInfo", pynvml.nvmlMemory_v2)
        limit_mw = self.ask("nvmlDeviceGetEnforcedPowerLimit")
        return GpuInfo(
            index=self.index,
            uuid=self.uuid,
            name=self.ask("nvmlDeviceGetName") or "unknown GPU",
            memory_total_bytes=memory and int(memory.total),
            power_limit_w=limit_mw and round(limit_mw / 1000.0, 1),
            clock_max_mhz=self.ask("nvmlDeviceGetMaxClockInfo", pynvml.NVML_CLOCK_SM),
            links=links,
            link_bytes_per_s=link_bytes_per_s,
            pcie_bytes_per_s=pcie_bytes_per_s(
                self.ask("nvmlDeviceGetMaxPcieLinkGeneration"), self.ask("nvmlDeviceGetMaxPcieLinkWidth")
            ),
            driver=driver,
        )
