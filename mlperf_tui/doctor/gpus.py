"""The GPUs: driver, what each is and how it is set, and which of its series have values."""

from __future__ import annotations

from collections.abc import Iterator

from mlperf_tui.doctor import nvml
from mlperf_tui.doctor.groups import alike
from mlperf_tui.doctor.modes import modes
from mlperf_tui.doctor.nvml import GPU_SERIES, Told
from mlperf_tui.doctor.remedies import remedy
from mlperf_tui.doctor.series import series
from mlperf_tui.records import GpuInfo
from mlperf_tui.report.doctor import MISSING, PARTLY, SHOWN, Finding
from mlperf_tui.report.numbers import gib
from mlperf_tui.sampling.gpu.topology import Seat

ROOM = "gpus"
LOST = "the GPU is lost"
"""The sampler's words."""


def hangs() -> Finding:
    """Where NVML didn't answer."""
    return Finding(
        ROOM,
        "driver",
        MISSING,
        f"NVML did not answer within {nvml.PATIENCE_S:g} s",
        remedy="See dmesg for NVRM and Xid, and whether nvidia-smi hangs too: then reboot. Without persistence mode a "
        "first call may take as long: ask again.",
    )


def gpus(told: Told) -> Iterator[Finding]:
    """All of them."""
    if told.why_none:
        yield Finding(ROOM, "driver", MISSING, told.why_none, remedy=remedy(told.why_none))
        return
    yield _driver(told)
    yield from _cards(told)
    healthy = tuple(index for index in told.indices if not is_lost(told, index))
    yield from modes([seat for seat in told.topology.seats if seat.index in healthy])
    yield from series(told, ROOM, tuple((name, f"gpu.{name}") for name in GPU_SERIES), healthy)
    yield from _xids(told, healthy)


def is_lost(told: Told, index: int) -> bool:
    """Whether the driver no longer reaches it."""
    return LOST in (told.refusal("gpu.busy_pct", index), told.refusal("gpu.power_w", index))


def _driver(told: Told) -> Finding:
    """The library's version is CUDA's major number and its own; of both the branch counts: WSL's differ behind it."""
    driver, library = told.infos[0].driver, told.library
    if driver and library and library.split(".")[1:2] != driver.split(".")[:1]:
        return Finding(
            ROOM,
            "driver",
            PARTLY,
            f"{driver}, but its library is of another version: NVML {library}",
            remedy="Reboot, or in a container use the host's library, so that both are the same.",
        )
    return Finding(ROOM, "driver", SHOWN, f"{driver or 'version unknown'}, NVML {library or 'version unknown'}")


def _cards(told: Told) -> Iterator[Finding]:
    seats = {seat.index: seat for seat in told.topology.seats}
    lost = tuple(index for index in told.indices if is_lost(told, index))
    here = [info for info in told.infos if info.index not in lost]
    for says, infos in alike(here, lambda info: _card(info, seats.get(info.index))).items():
        count = f"{len(infos)} × " if len(infos) > 1 else ""
        yield Finding(ROOM, "cards", SHOWN, f"{count}{says}", gpus=tuple(info.index for info in infos))
    if lost:
        yield Finding(ROOM, "cards", MISSING, "lost: the driver no longer reaches it", remedy=remedy(LOST), gpus=lost)


def _card(info: GpuInfo, seat: Seat | None) -> str:
    parts = [
        info.name,
        "memory unknown" if info.memory_total_bytes is None else gib(info.memory_total_bytes),
        f"at most {info.power_limit_w:g} W" if info.power_limit_w else "power limit unknown",
        f"{info.clock_max_mhz} MHz" if info.clock_max_mhz else "highest clock unknown",
    ]
    if seat and seat.capability:
        parts.append("compute capability {}.{}".format(*seat.capability))
    return ", ".join(parts)


def _xids(told: Told, whom: tuple[int, ...]) -> Iterator[Finding]:
    """They are events: without a reason against it they are listened for."""
    reasons = alike(whom, lambda index: told.refusal("gpu.xid", index))
    for reason, ones in reasons.items():
        if reason:
            yield Finding(ROOM, "xid", MISSING, reason, remedy=remedy(reason), gpus=tuple(ones))
        else:
            yield Finding(ROOM, "xid", SHOWN, "listened for", "events", gpus=tuple(ones))
