"""GPUs whose clock is held back by their temperature."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from mlperf_tui.recorder.alarms.once import Once
from mlperf_tui.records import GpuReading

WORD = "thermal"
LASTS_NS = 10_000_000_000
PAUSE_NS = 3_000_000_000
"""A pause no longer than this does not end it: the driver lets go and grips again."""


@dataclass(slots=True)
class _Hot:
    since: int
    last: int
    temperature_c: float | None = None
    told: Once = field(default_factory=Once)


class Heat:
    """An alarm a GPU, once heat has held its clock for 10 s."""

    def __init__(self) -> None:
        self._gpus: dict[int, _Hot] = {}

    def see(self, reading: GpuReading) -> None:
        for index, limits in enumerate(reading.limits):
            if limits and WORD in limits:
                self._hold(index, reading)

    def look(self) -> Iterator[tuple[str, str]]:
        for index, hot in sorted(self._gpus.items()):
            lasted = hot.last - hot.since
            if hot.told.begins(hot.last, lasted >= LASTS_NS):
                at = "" if hot.temperature_c is None else f", at {hot.temperature_c:.0f} °C"
                yield WORD, f"GPU {index} has been slowed down by heat for {lasted / 1e9:.0f} s{at}"

    def _hold(self, index: int, reading: GpuReading) -> None:
        hot = self._gpus.setdefault(index, _Hot(reading.t, reading.t))
        if reading.t - hot.last > PAUSE_NS:
            hot.since = reading.t
        hot.last = reading.t
        hot.temperature_c = reading.temperature_c[index] if index < len(reading.temperature_c) else None
