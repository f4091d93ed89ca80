"""What the machine did during a run: GPUs, links, host and the recorder, from the series that were folded."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from mlperf_tui.analysis.summary import Gpu, GpuLinks, Host, Limited, Links, Monitor, Pcie, Range, Thread
from mlperf_tui.records import About, GpuInfo, Source
from mlperf_tui.session.series import Spread
from mlperf_tui.session.threads import OTHER, ThreadTotals
from mlperf_tui.session.training import TRAINING

SeriesByName = Mapping[str, tuple[Spread | None, ...]]


def gpus(
    infos: list[GpuInfo], series: SeriesByName, abouts: list[About], allocated: Mapping[int, int | None], seconds: float
) -> tuple[Gpu, ...]:
    """One entry a GPU. `allocated` is torch's peak in bytes by rank, `seconds` the time that the series cover."""
    used = {about.gpu_uuid: allocated.get(about.rank) for about in abouts if about.gpu_uuid}
    return tuple(_gpu(info, series, used, seconds) for info in sorted(infos, key=lambda info: info.index))


def links(infos: list[GpuInfo], series: SeriesByName, sources: list[Source], step_s: float | None) -> Links:
    """NVLink of each GPU that has any; none of them where there is no link."""
    rung = next((source.rung for source in sources if source.series.startswith("link")), None)
    linked = [
        info.index for info in infos if any(spread(series, f"link.{way}_bytes_per_s", info.index) for way in WAYS)
    ]
    return Links(rung, tuple(_links(series, index, step_s) for index in linked))


def host(series: SeriesByName, threads: Mapping[str, ThreadTotals], seconds: float) -> Host:
    """The run's process tree; a thread's CPU time over the seconds that the series cover."""
    return Host(
        cpu_cores=value_range(series, "host.run_cpu_cores"),
        memory_peak_bytes=_peak(series, "host.run_memory_bytes"),
        threads=tuple(_threads(threads, seconds)) if seconds > 0 else (),
    )


def monitor(series: SeriesByName, seconds: float) -> Monitor:
    """The recorder's own cost; CPU time by the growth of its counter."""
    cpu = spread(series, "host.monitor_cpu_s")
    return Monitor(
        cpu_pct=None if cpu is None or seconds <= 0 else 100 * (cpu[2] - cpu[0]) / seconds,
        late_ticks=_peak(series, "host.late_ticks"),
        lines_lost=_peak(series, "host.lines_lost"),
    )


WAYS = ("tx", "rx")


def spread(series: SeriesByName, name: str, index: int = 0) -> Spread | None:
    """Min, mean, max and count of one series of one GPU; None where nothing was known."""
    cells = series.get(name, ())
    return cells[index] if index < len(cells) else None


def value_range(series: SeriesByName, name: str, index: int = 0) -> Range | None:
    """Mean and max of one series of one GPU."""
    cell = spread(series, name, index)
    return None if cell is None else Range(cell[1], cell[2])


def _threads(threads: Mapping[str, ThreadTotals], seconds: float) -> Iterator[Thread]:
    """The busiest first, the sum of all others last."""
    ranked = sorted(threads.items(), key=lambda item: (item[0] == OTHER, -item[1].cpu_s))
    for name, totals in ranked:
        frames = [frame for frame in totals.frames if frame != OTHER]
        top = max(frames, key=lambda frame: totals.frames[frame], default=None)
        yield Thread(name, 100 * totals.cpu_s / seconds, top)


def _peak(series: SeriesByName, name: str, index: int = 0) -> int | None:
    cell = spread(series, name, index)
    return None if cell is None else round(cell[2])


def _gpu(info: GpuInfo, series: SeriesByName, used: Mapping[str, int | None], seconds: float) -> Gpu:
    index = info.index
    power = value_range(series, "gpu.power_w", index)
    ranges = {name: value_range(series, f"gpu.{name}", index) for name in SHARES}
    return Gpu(
        index=index,
        uuid=info.uuid,
        name=info.name,
        in_use=info.uuid in used if used else None,
        **ranges,
        memory_used_peak_bytes=_peak(series, "gpu.memory_used_bytes", index),
        memory_allocated_peak_bytes=used.get(info.uuid),
        memory_total_bytes=info.memory_total_bytes,
        power_w=power,
        energy_j=None if power is None else power.mean * seconds,
        temperature_c=value_range(series, "gpu.temperature_c", index),
        clock_mhz=value_range(series, "gpu.clock_mhz", index),
        limited_s=_limited(series, index, seconds),
        pcie=Pcie(*(value_range(series, f"gpu.pcie_{way}_bytes_per_s", index) for way in WAYS)),
    )


SHARES = ("busy_pct", "sm_pct", "tensor_pct", "dram_pct")


def _limited(series: SeriesByName, index: int, seconds: float) -> Limited | None:
    shares = [spread(series, f"gpu.limit_{limit}", index) for limit in ("power", "thermal")]
    known = [cell[1] * seconds for cell in shares if cell is not None]
    return Limited(*known) if len(known) == len(shares) else None


def _links(series: SeriesByName, index: int, step_s: float | None) -> GpuLinks:
    tx, rx = (value_range(series, f"link.{way}_bytes_per_s", index) for way in WAYS)
    training = value_range(series, f"{TRAINING}link.tx_bytes_per_s", index) or tx
    return GpuLinks(index, tx, rx, training.mean * step_s if training and step_s else None)
