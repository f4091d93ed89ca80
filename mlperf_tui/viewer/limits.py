"""What limits the run now: the last seconds' readings as evidence, and the verdict on them, held steady."""

from __future__ import annotations

from collections.abc import Collection

from mlperf_tui.analysis.bottleneck import Evidence, Steady, Verdict
from mlperf_tui.analysis.bottleneck.gather import BUSY_AT_ALL_PCT
from mlperf_tui.records import GpuInfo
from mlperf_tui.viewer.machine import Machine
from mlperf_tui.viewer.snapshot import GpuNow, Training


class Limits:
    """Judges once a snapshot; the same moment again gets the same answer."""

    def __init__(self) -> None:
        self._steady = Steady()
        self._last: Verdict | None = None

    def now(
        self, now: int, machine: Machine, gpus: Collection[GpuNow], training: Training, precision: str | None
    ) -> Verdict:
        """The verdict at `now`, in monotonic ns. While no step ends, as in an evaluation, it stays what it was."""
        if self._last is None or training.now.steps or not machine.recent.rests(now):
            self._last = self._steady.see(now, evidence(now, machine, gpus, training, precision))
        return self._last


def evidence(
    now: int, machine: Machine, gpus: Collection[GpuNow], training: Training, precision: str | None
) -> Evidence:
    """What the last seconds say, over the GPUs that the run uses."""
    recent, notes = machine.recent, machine.notes
    indices = _of_the_run(now, machine, gpus)
    infos = [notes.gpus[index] for index in indices if index in notes.gpus]
    return Evidence(
        on_gpu=bool(indices),
        data_wait_share=training.now.data_wait_share,
        busy_pct=recent.gpu("busy_pct", indices, now),
        sm_pct=recent.gpu("sm_pct", indices, now),
        tensor_pct=recent.gpu("tensor_pct", indices, now),
        dram_pct=recent.gpu("dram_pct", indices, now),
        power_limit_share=recent.limited("power", indices, now),
        thermal_limit_share=recent.limited("thermal", indices, now),
        clock_share=min((share for info in infos if (share := _clock(now, machine, info)) is not None), default=None),
        link_share=max(
            (share for info in infos if (share := _link(now, machine, info, infos)) is not None), default=None
        ),
        run_cpu_cores=recent.cores("run_cpu_cores", now),
        host_cpu_cores=recent.cores("cpu_cores", now),
        cpus=notes.host.cpus if notes.host else None,
        main_cpu_share=recent.main_cpu_share(now),
        step_s=training.now.step_s,
        precision=precision,
    )


def _of_the_run(now: int, machine: Machine, gpus: Collection[GpuNow]) -> list[int]:
    """The GPUs that ranks named; where none did, those that did something at all."""
    there = [gpu for gpu in gpus if gpu.lost is None]
    if any(gpu.used for gpu in gpus):
        return [gpu.index for gpu in there if gpu.used]
    busy = {gpu.index: machine.recent.gpu("busy_pct", [gpu.index], now) for gpu in there}
    return [index for index, value in busy.items() if value is not None and value >= BUSY_AT_ALL_PCT]


def _clock(now: int, machine: Machine, info: GpuInfo) -> float | None:
    return _share(machine.recent.gpu("clock_mhz", [info.index], now), info.clock_max_mhz)


def _link(now: int, machine: Machine, info: GpuInfo, infos: Collection[GpuInfo]) -> float | None:
    """The busier direction's share of what the NVLinks carry in one; of PCIe where several GPUs have nothing else."""
    if info.links:
        return _share(machine.recent.nvlink(info.index, now), info.links * (info.link_bytes_per_s or 0.0))
    return _share(machine.recent.pcie(info.index, now), info.pcie_bytes_per_s) if len(infos) > 1 else None


def _share(value: float | None, of: float | None) -> float | None:
    return None if value is None or not of else value / of
