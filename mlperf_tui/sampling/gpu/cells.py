"""The values that one cheap call each brings (2 to 10 µs): which call, and what it means."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pynvml

from mlperf_tui.sampling.gpu.device import Device
from mlperf_tui.sampling.gpu.units import from_milli, share
from mlperf_tui.sampling.gpu.words import limits_in_words


@dataclass(frozen=True, slots=True)
class Cell:
    """A field of GpuReading: the calls that may bring it, best first, its unit, and its value in an answer."""

    name: str
    unit: str
    calls: tuple[tuple[Any, ...], ...]
    value: Callable[[Any], Any]

    def read(self, device: Device) -> Any:
        """The value, None where every call is refused; a note says from where, or why not."""
        for call, *args in self.calls:
            answer = device.ask(call, *args)
            if answer is not None:
                device.notes.source(self.series, call.removeprefix("nvmlDeviceGet"), self.unit)
                return self.value(answer)
        device.explain(self.series, self.calls[-1][0])
        return None

    @property
    def series(self) -> str:
        return f"gpu.{self.name}"


EVERY_TICK = (
    Cell("busy_pct", "%", (("nvmlDeviceGetUtilizationRates",),), lambda rates: share(rates.gpu)),
    Cell(
        "memory_used_bytes",
        "bytes",
        # The first version of this struct counts what the driver has reserved as used.
        (("nvmlDeviceGetMemoryInfo", pynvml.nvmlMemory_v2),),
        lambda memory: int(memory.used),
    ),
    Cell("power_w", "W", (("nvmlDeviceGetPowerUsage",),), from_milli),
    Cell(
        "temperature_c",
        "°C",
        (
            ("nvmlDeviceGetTemperatureV", pynvml.NVML_TEMPERATURE_GPU),
            ("nvmlDeviceGetTemperature", pynvml.NVML_TEMPERATURE_GPU),
        ),
        int,
    ),
    Cell("clock_mhz", "MHz", (("nvmlDeviceGetClockInfo", pynvml.NVML_CLOCK_SM),), int),
    Cell(
        "limits",
        "words",
        (("nvmlDeviceGetCurrentClocksEventReasons",), ("nvmlDeviceGetCurrentClocksThrottleReasons",)),
        limits_in_words,
    ),
)
ENERGY = Cell("energy_j", "J", (("nvmlDeviceGetTotalEnergyConsumption",),), from_milli)
"""Since the driver was loaded. It takes 4 ms: not for every tick."""
