"""What a session says once about its machine: what there is, where series come from, why one has no value."""

from __future__ import annotations

import re

from mlperf_tui.records import Alarm, GpuInfo, HostInfo, Source, Unavailable

LOST = re.compile(r"GPU (\d+) is lost(?:: (.*))?")


class Notes:
    """Keeps the newest of each. `lost` holds, by GPU, why it was lost; a series that has a source has no reason."""

    def __init__(self) -> None:
        self.gpus: dict[int, GpuInfo] = {}
        self.host: HostInfo | None = None
        self.lost: dict[int, str] = {}
        self._reasons: dict[tuple[str, int | None], str] = {}
        self._sources: dict[str, Source] = {}

    def add(self, record: object) -> None:
        """Take in a record; one that says nothing of this kind is not for here."""
        match record:
            case GpuInfo():
                self.gpus[record.index] = record
            case HostInfo():
                self.host = record
            case Source():
                self._sources[record.series] = record
                self._reasons.pop((record.series, None), None)
            case Alarm(kind="gpu-lost"):
                self._lose(record.text)
            case Unavailable():
                self._reasons[record.series, record.index] = record.reason

    @property
    def sources(self) -> tuple[Source, ...]:
        """What measures each series."""
        return tuple(self._sources.values())

    @property
    def reasons(self) -> tuple[tuple[str, int | None, str], ...]:
        """Series, GPU (None for all), and why there is no value."""
        return tuple((series, index, why) for (series, index), why in self._reasons.items())

    def reason(self, series: str) -> str | None:
        """Why a series has no value anywhere; for `gpu`, why there is no GPU at all."""
        return self._reasons.get((series, None))

    def rung(self, series: str) -> str | None:
        """What measures a series."""
        source = self._sources.get(series)
        return source.rung if source else None

    def _lose(self, text: str) -> None:
        """From an alarm's sentence: which GPU, and what is known of it."""
        if found := LOST.match(text):
            self.lost[int(found[1])] = found[2] or ""
