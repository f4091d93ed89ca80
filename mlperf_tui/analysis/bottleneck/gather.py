"""The evidence of a whole run, from the series that were folded: from those of training time where there are any."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Protocol

from mlperf_tui.analysis.bottleneck.evidence import Evidence
from mlperf_tui.analysis.throughput import Throughput
from mlperf_tui.records import GpuInfo, HostInfo
from mlperf_tui.session.series import Spread
from mlperf_tui.session.training import MAIN, MAIN_CORES, TRAINING

SeriesByName = Mapping[str, tuple[Spread | None, ...]]
BUSY_AT_ALL_PCT = 5.0
"""A GPU that no rank named is taken to be the run's when it did something at all."""


class Spent(Protocol):
    """A thread's CPU time."""

    cpu_s: float


def gather(
    rate: Throughput,
    series: SeriesByName,
    infos: Collection[GpuInfo],
    used: Collection[str],
    host: HostInfo | None,
    main_cpu_share: float | None,
    precision: str | None,
) -> Evidence:
    """Evidence of training time: evaluation and pauses say nothing of what limits a step.

    Where no reading fell into a step that is timed, the whole run stands for it, and `main_cpu_share` for its main
    thread. `used` holds the uuids that ranks named.
    """
    series = _of_training(series)
    chosen = [info for info in infos if info.uuid in used] or [
        info for info in infos if (_mean(series, "gpu.busy_pct", info.index) or 0.0) >= BUSY_AT_ALL_PCT
    ]
    at = [info.index for info in chosen]
    return Evidence(
        on_gpu=bool(chosen),
        data_wait_share=rate.data_wait_share,
        busy_pct=_average(_mean(series, "gpu.busy_pct", index) for index in at),
        sm_pct=_average(_mean(series, "gpu.sm_pct", index) for index in at),
        tensor_pct=_average(_mean(series, "gpu.tensor_pct", index) for index in at),
        dram_pct=_average(_mean(series, "gpu.dram_pct", index) for index in at),
        power_limit_share=_most(_mean(series, "gpu.limit_power", index) for index in at),
        thermal_limit_share=_most(_mean(series, "gpu.limit_thermal", index) for index in at),
        clock_share=min(
            (share for share in (_clock(info, series) for info in chosen) if share is not None), default=None
        ),
        link_share=_most(_link(info, series, several=len(chosen) > 1) for info in chosen),
        run_cpu_cores=_mean(series, "host.run_cpu_cores"),
        host_cpu_cores=_mean(series, "host.cpu_cores"),
        cpus=host.cpus if host else None,
        main_cpu_share=_busiest(series, main_cpu_share),
        step_s=rate.step_s,
        precision=precision,
    )


def busiest_main(threads: Mapping[str, Spent], seconds: float) -> float | None:
    """The busiest main thread's share of one core over so many seconds; None where none was seen."""
    spent = [totals.cpu_s for name, totals in threads.items() if MAIN.fullmatch(name)]
    return max(spent) / seconds if spent and seconds > 0 else None


def _of_training(series: SeriesByName) -> SeriesByName:
    """The series of training time under their plain names; all as they are where nothing is known of it."""
    found = {name[len(TRAINING) :]: cells for name, cells in series.items() if name.startswith(TRAINING)}
    return found if any(cells for cells in found.values()) else series


def _busiest(series: SeriesByName, otherwise: float | None) -> float | None:
    """The busiest rank's main thread while it trained."""
    shares = _most(_mean(series, MAIN_CORES, index) for index in range(len(series.get(MAIN_CORES, ()))))
    return otherwise if shares is None else shares


def _mean(series: SeriesByName, name: str, index: int = 0) -> float | None:
    cells = series.get(name, ())
    cell = cells[index] if index < len(cells) else None
    return None if cell is None else cell[1]


def _clock(info: GpuInfo, series: SeriesByName) -> float | None:
    clock = _mean(series, "gpu.clock_mhz", info.index)
    return clock / info.clock_max_mhz if clock is not None and info.clock_max_mhz else None


def _link(info: GpuInfo, series: SeriesByName, *, several: bool) -> float | None:
    """The busier direction's share of what the NVLinks carry in one; of PCIe where several GPUs have nothing else."""
    if info.links:
        return _share_of(series, "link.", info.index, info.links * (info.link_bytes_per_s or 0.0))
    return _share_of(series, "gpu.pcie_", info.index, info.pcie_bytes_per_s or 0.0) if several else None


def _share_of(series: SeriesByName, wire: str, index: int, ceiling: float) -> float | None:
    busier = _most(_mean(series, f"{wire}{way}_bytes_per_s", index) for way in ("tx", "rx"))
    return busier / ceiling if busier is not None and ceiling else None


def _average(values: Iterable[float | None]) -> float | None:
    """Unknown as soon as one is: a GPU that can't tell may be the one that matters."""
    known = list(values)
    found = [value for value in known if value is not None]
    return sum(found) / len(found) if found and len(found) == len(known) else None


def _most(values: Iterable[float | None]) -> float | None:
    return max((value for value in values if value is not None), default=None)
