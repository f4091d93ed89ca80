"""Each GPU's PCIe slot: generation and lanes, now and at most."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from mlperf_tui.doctor.groups import alike
from mlperf_tui.doctor.remedies import remedy
from mlperf_tui.records import GpuInfo
from mlperf_tui.report.doctor import MISSING, PARTLY, SHOWN, Finding, State
from mlperf_tui.report.numbers import rate
from mlperf_tui.sampling.gpu.topology import Seat

NOT_TOLD = "NVML tells no generation and width"
RESEAT = "Have the card reseated, and look which slot, riser or BIOS setting takes the other lanes."


def pcie(gpus: Iterable[tuple[GpuInfo, Seat]]) -> Iterator[Finding]:
    """A line for those that are alike."""

    def trait(gpu: tuple[GpuInfo, Seat]) -> tuple[State, str, str]:
        return _slot(*gpu)

    for (state, says, helps), ones in alike(gpus, trait).items():
        yield Finding("links", "pcie", state, says, remedy=helps, gpus=tuple(info.index for info, _ in ones))


def _slot(info: GpuInfo, seat: Seat) -> tuple[State, str, str]:
    """A lower generation than possible saves power and comes back under load; lanes don't come back."""
    if None in {seat.generation, seat.generation_max, seat.lanes, seat.lanes_max}:
        return MISSING, NOT_TOLD, remedy("not supported by this GPU")
    carried = f", {rate(info.pcie_bytes_per_s)} each way" if info.pcie_bytes_per_s else ""
    can = f"generation {seat.generation_max} × {seat.lanes_max} lanes{carried}"
    if seat.lanes != seat.lanes_max:
        return PARTLY, f"only {seat.lanes} of {seat.lanes_max} lanes are in use; it can be {can}", RESEAT
    is_lower = seat.generation != seat.generation_max
    idle = f"; generation {seat.generation} now, which may be power saving while idle" if is_lower else ""
    return SHOWN, can + idle, ""
