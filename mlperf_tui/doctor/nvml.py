"""All that NVML tells of this machine, by the recorder's own readings."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import field
from typing import Any

from mlperf_tui.doctor.patience import within
from mlperf_tui.frozen import frozen
from mlperf_tui.records import GpuInfo, GpuReading, LinkReading, Source, Unavailable
from mlperf_tui.sampling.gpu import Gpus
from mlperf_tui.sampling.gpu.library import library_version
from mlperf_tui.sampling.gpu.topology import Topology

PATIENCE_S = 10.0
APART_S = 0.25
"""GPM's two samples must lie 0.1 s apart."""

MOST_READINGS = 10
"""The slow call that measures PCIe takes 40 ms a GPU, in its own thread, after two readings."""

GPU_SERIES = (
    "busy_pct",
    "sm_pct",
    "tensor_pct",
    "dram_pct",
    "memory_used_bytes",
    "power_w",
    "energy_j",
    "temperature_c",
    "clock_mhz",
    "limits",
)
PCIE_SERIES = ("pcie_tx_bytes_per_s", "pcie_rx_bytes_per_s")
LINK_SERIES = ("tx_bytes_per_s", "rx_bytes_per_s")
NO_REASON = "no value came, and the driver gives no reason"


@frozen
class Told:
    """What it told; `seen` has for each series, such as `gpu.busy_pct`, the GPUs that had a value."""

    infos: tuple[GpuInfo, ...] = ()
    seen: Mapping[str, frozenset[int]] = field(default_factory=dict)
    notes: tuple[Source | Unavailable, ...] = ()
    topology: Topology = Topology()
    library: str | None = None

    @property
    def indices(self) -> tuple[int, ...]:
        return tuple(info.index for info in self.infos)

    @property
    def why_none(self) -> str:
        """Why there is no GPU at all, or ""."""
        return next((note.reason for note in self._whys("gpu")), "")

    def refusal(self, series: str, index: int) -> str:
        """What was refused of the series there, or ""."""
        whys = {note.index: note.reason for note in self._whys(series)}
        return whys.get(index) or whys.get(None) or ""

    def reason(self, series: str, index: int) -> str:
        """Why the series has no value there."""
        return self.refusal(series, index) or NO_REASON

    def source(self, series: str) -> str:
        """Where its values come from, "" where that is said of none."""
        rungs = (note.rung for note in self.notes if isinstance(note, Source) and note.series == series)
        return " or ".join(dict.fromkeys(rungs))

    def _whys(self, series: str) -> Iterator[Unavailable]:
        yield from (note for note in self.notes if isinstance(note, Unavailable) and note.series == series)


def ask_nvml() -> Told | None:
    """None where it doesn't answer in time."""
    try:
        return within(PATIENCE_S, _ask)
    except TimeoutError:
        return None


def _ask() -> Told:
    gpus = Gpus()
    try:
        return _read(gpus)
    finally:
        gpus.close()


def _read(gpus: Gpus) -> Told:
    """As often as it takes until each series of each GPU has had a value, or a reason for having none."""
    told = Told(gpus.infos, {}, tuple(gpus.notes()), library=library_version())
    for _ in range(MOST_READINGS):
        told = _more(told, gpus)
        if _is_settled(told):
            break
        time.sleep(APART_S)
    return Told(told.infos, told.seen, told.notes, gpus.topology(), told.library)


def _more(told: Told, gpus: Gpus) -> Told:
    """With one more reading."""
    columns = {**_columns("gpu", gpus.read()), **_columns("link", gpus.links())}
    seen = dict(told.seen)
    for series, values in columns.items():
        here = (index for index, value in zip(told.indices, values, strict=False) if value is not None)
        seen[series] = seen.get(series, frozenset()).union(here)
    return Told(told.infos, seen, (*told.notes, *gpus.notes()), told.topology, told.library)


def _columns(room: str, reading: GpuReading | LinkReading | None) -> dict[str, tuple[Any, ...]]:
    names = (*GPU_SERIES, *PCIE_SERIES) if room == "gpu" else LINK_SERIES
    return {} if reading is None else {f"{room}.{name}": getattr(reading, name) for name in names}


def _is_settled(told: Told) -> bool:
    return all(
        index in seen or told.refusal(series, index) for series, seen in told.seen.items() for index in told.indices
    )
