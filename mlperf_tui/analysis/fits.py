"""Which scales of a workload fit a machine: by its GPUs' memory and by what the reference scale took."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from mlperf_tui.catalog import PEAKS, SPARE_GIB
from mlperf_tui.records import GpuInfo

GIB = 1 << 30


@dataclass(frozen=True, slots=True)
class Machine:
    """The GPUs here. `why_none` says why there are none, in one sentence, or is empty."""

    gpus: tuple[GpuInfo, ...] = ()
    why_none: str = ""

    @property
    def largest(self) -> GpuInfo | None:
        """The GPU with the most memory; None without any."""
        return max(self.gpus, key=lambda gpu: gpu.memory_total_bytes or 0, default=None)

    @property
    def memory_bytes(self) -> int | None:
        """Of the largest GPU; None where it isn't known."""
        return self.largest.memory_total_bytes if self.largest else None


@dataclass(frozen=True, slots=True)
class Fit:
    """`scales` surely fit, of which `only_amp` does in mixed precision alone; whether `unknown` does can't be told."""

    scales: tuple[str, ...] = ()
    only_amp: str | None = None
    unknown: str | None = None


def fits(workload: str, machine: Machine) -> Fit | None:
    """What fits: `tiny` any machine, `small` any GPU (as the recipes say), `reference` one with enough memory.

    None for a kernel: its scale chooses how many problems there are, and no peak of theirs is known.
    """
    peak = PEAKS.get(workload)
    if peak is None:
        return None
    if not machine.gpus:
        return Fit(("tiny",))
    memory = machine.memory_bytes
    if memory is None:
        return Fit(("tiny", "small"), unknown="reference")
    if _is_room(peak.gib, memory):
        return Fit(("tiny", "small", "reference"))
    if peak.amp_gib is not None and _is_room(peak.amp_gib, memory):
        return Fit(("tiny", "small", "reference"), only_amp="reference")
    return Fit(("tiny", "small"))


def too_large(machine: Machine) -> Iterator[str]:
    """The workloads whose reference scale in fp32 needs more memory than is known to be here."""
    memory = machine.memory_bytes
    if memory is not None:
        yield from (name for name, peak in PEAKS.items() if not _is_room(peak.gib, memory))


def _is_room(gib: float, memory: int) -> bool:
    return (gib + SPARE_GIB) * GIB <= memory
