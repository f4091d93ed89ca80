"""What a session says once about its machine: what there is, where series come from, why one has no value."""

from __future__ import annotations

import re

from mlperf_tui.records import Alarm, GpuInfo, HostInfo, Source, Unavailable

LOST = re.compile(r"GPU (\d+) is lost(?:: (.*))?")


class Notes:
    """Keeps the newest of each; `lost` holds, by GPU, why it was lost."""

    def __init__(self) -> None:
        self.gpus: dict[int, GpuInfo] = {}
        self.host: HostInfo | None = None
        self.lost: dict[int, str] = {}
        self._reasons: dict[tuple[str, int | None], str] = {}
        self._rungs: dict[str, str] = {}

    def add(self, record: object) -> None:
        """Take in a record; one that says nothing of this kind is not for here."""
        match record:
            case GpuInfo():
                self.gpus[record.index] = record
            case HostInfo():
                self.host = record
            case Source():
                self._rungs[record.series] = record.rung
            case Alarm(kind="gpu-lost"):
                self._lose(record.text)
            case Unavailable():
                self._reasons[record.series, record.index] = record.reason

    def no_gpu(self) -> str | None:
        """Why there is no GPU at all, as the recorder said it."""
        return self._reasons.get(("gpu", None))

    def link_rung(self) -> str | None:
        """What measures NVLink."""
        return next((rung for series, rung in self._rungs.items() if series.startswith("link.")), None)

    def _lose(self, text: str) -> None:
        """From an alarm's sentence: which GPU, and what is known of it."""
        if found := LOST.match(text):
            self.lost[int(found[1])] = found[2] or ""
