"""From means to evidence: which GPUs count and what stands for them, the same now as over a whole run."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Protocol

from mlperf_tui.analysis.bottleneck import bars
from mlperf_tui.analysis.bottleneck.evidence import Evidence
from mlperf_tui.analysis.straggler import Straggler, straggler
from mlperf_tui.analysis.throughput import Throughput
from mlperf_tui.records import GpuInfo, HostInfo

BUSY_AT_ALL_PCT = 5.0
"""A GPU that no rank named is taken to be the run's when it did something at all."""


class Means(Protocol):
    """What readings were on average over a stretch of a run; None is unknown. GPUs go by their indices."""

    def gpu(self, name: str, indices: Collection[int]) -> float | None:
        """Of a field of GpuReading over all these GPUs; unknown as soon as one doesn't tell: it may be the one."""

    def limited(self, word: str, indices: Collection[int]) -> float | None:
        """The share of time, 0 to 1, in which `power` or `thermal` held the clock back: of the worst GPU."""

    def nvlink(self, index: int) -> float | None:
        """Traffic in the busier direction, bytes a second."""

    def pcie(self, index: int) -> float | None:
        """The same over PCIe."""

    def cores(self, name: str) -> float | None:
        """Of a field of HostReading that counts busy cores."""

    def main_cpu_share(self) -> float | None:
        """The busiest rank's main thread's share of one core, with its autograd threads."""


def of_the_run(indices: Iterable[int], named: Collection[int], means: Means) -> list[int]:
    """Of these GPUs those that ranks named; where none was, those that did something at all."""
    if named:
        return [index for index in indices if index in named]
    return [index for index in indices if (means.gpu("busy_pct", [index]) or 0.0) >= BUSY_AT_ALL_PCT]


def evidence(
    means: Means,
    indices: Collection[int],
    infos: Iterable[GpuInfo],
    rate: Throughput,
    host: HostInfo | None,
    precision: str | None,
) -> Evidence:
    """What a stretch says of the run's GPUs, which are those at `indices`; `infos` may hold others too."""
    known = [info for info in infos if info.index in indices]
    return Evidence(
        on_gpu=bool(indices),
        data_wait_share=rate.data_wait_share,
        exposed_allreduce_share=rate.exposed_allreduce_share,
        busy_pct=means.gpu("busy_pct", indices),
        sm_pct=means.gpu("sm_pct", indices),
        tensor_pct=means.gpu("tensor_pct", indices),
        dram_pct=means.gpu("dram_pct", indices),
        power_limit_share=means.limited("power", indices),
        thermal_limit_share=means.limited("thermal", indices),
        clock_share=min(_told(_clock(means, info) for info in known), default=None),
        link_share=max(_told(_link(means, info, several=len(known) > 1) for info in known), default=None),
        run_cpu_cores=means.cores("run_cpu_cores"),
        host_cpu_cores=means.cores("cpu_cores"),
        cpus=host.cpus if host else None,
        main_cpu_share=means.main_cpu_share(),
        step_s=rate.step_s,
        precision=precision,
        slow_rank=_slow_rank(rate, on_gpu=bool(indices)),
    )


def _slow_rank(rate: Throughput, *, on_gpu: bool) -> Straggler | None:
    """Of ranks with a GPU each, whichever stands out; those on CPUs share them with each other and other programs."""
    found = straggler(rate.own_s)
    return found if found is not None and (on_gpu or bars.RANK_ON_CPUS.is_reached(found.times)) else None


def _clock(means: Means, info: GpuInfo) -> float | None:
    return _share(means.gpu("clock_mhz", [info.index]), info.clock_max_mhz)


def _link(means: Means, info: GpuInfo, *, several: bool) -> float | None:
    """The busier direction's share of what the NVLinks carry in one; of PCIe where several GPUs have nothing else."""
    if info.links:
        return _share(means.nvlink(info.index), info.links * (info.link_bytes_per_s or 0.0))
    return _share(means.pcie(info.index), info.pcie_bytes_per_s) if several else None


def _share(value: float | None, of: float | None) -> float | None:
    return None if value is None or not of else value / of


def _told(shares: Iterable[float | None]) -> list[float]:
    return [share for share in shares if share is not None]
