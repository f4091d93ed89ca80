"""How many NVLinks are up on each GPU, and what they carry."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from mlperf_tui.doctor.groups import alike
from mlperf_tui.doctor.nvml import Told
from mlperf_tui.doctor.remedies import remedy
from mlperf_tui.records import GpuInfo
from mlperf_tui.report.doctor import MISSING, PARTLY, SHOWN, Finding
from mlperf_tui.report.numbers import rate
from mlperf_tui.sampling.gpu.topology import Seat

SERIES = "link.tx_bytes_per_s"
"""Its reason for no value says why there are no links."""


def nvlink(told: Told, gpus: Iterable[tuple[GpuInfo, Seat]]) -> Iterator[Finding]:
    """A line for those that are alike."""

    def trait(gpu: tuple[GpuInfo, Seat]) -> tuple[int, float | None, int, str]:
        info, seat = gpu
        why = "" if info.links else told.reason(SERIES, info.index)
        return info.links or 0, info.link_bytes_per_s, seat.ports.down, why

    for (up, speed, down, why), ones in alike(gpus, trait).items():
        whom = tuple(info.index for info, _ in ones)
        yield _none(why, whom) if why else _some(up, speed, down, whom)


def _none(why: str, whom: tuple[int, ...]) -> Finding:
    helps = "Nothing to be done: PCIe takes its place on the screen." if "by this GPU" in why else remedy(why)
    return Finding("links", "nvlink", MISSING, why, remedy=helps, gpus=whom)


def _some(up: int, speed: float | None, down: int, whom: tuple[int, ...]) -> Finding:
    carried = f" × {rate(speed)} = {rate(up * speed)} each way" if speed else ", of unknown speed"
    if not down:
        return Finding("links", "nvlink", SHOWN, f"{up} links{carried}", gpus=whom)
    says, helps = f"{up} links{carried}; {down} more are down", "See nvidia-smi nvlink --status and dmesg (Xid 74)."
    return Finding("links", "nvlink", PARTLY, says, remedy=helps, gpus=whom)
