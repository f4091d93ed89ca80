"""NVLink, PCIe, and the ways between the GPUs: of those that answer."""

from __future__ import annotations

from collections.abc import Iterator

from mlperf_tui.doctor.gpus import is_lost
from mlperf_tui.doctor.nvlink import nvlink
from mlperf_tui.doctor.nvml import LINK_SERIES, PCIE_SERIES, Told
from mlperf_tui.doctor.pairs import nearest_cpus, peer_access
from mlperf_tui.doctor.pcie import pcie
from mlperf_tui.doctor.series import series
from mlperf_tui.report.doctor import Finding
from mlperf_tui.sampling.gpu.topology import Seat

ROOM = "links"
NVLINK = tuple((f"nvlink_{name}", f"link.{name}") for name in LINK_SERIES)
PCIE = tuple((name, f"gpu.{name}") for name in PCIE_SERIES)


def links(told: Told, allowed: frozenset[int]) -> Iterator[Finding]:
    """Everything; `allowed` are the processors that this process may use."""
    infos = [info for info in told.infos if not is_lost(told, info.index)]
    seats = {seat.index: seat for seat in told.topology.seats}
    here = [(info, seats.get(info.index, Seat(info.index))) for info in infos]
    yield from nvlink(told, here)
    yield from series(told, ROOM, NVLINK, tuple(info.index for info in infos if info.links))
    yield from pcie(here)
    yield from series(told, ROOM, PCIE, tuple(info.index for info in infos))
    yield from peer_access(told.topology, tuple(info.index for info in infos))
    yield from nearest_cpus([seat for _, seat in here], allowed)
