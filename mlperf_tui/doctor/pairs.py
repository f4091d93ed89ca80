"""Where each GPU sits: by what way it reaches the others' memory, and which processors are nearest."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import combinations

from mlperf_tui.doctor.groups import alike
from mlperf_tui.report.doctor import MISSING, PARTLY, SHOWN, Finding, Spot
from mlperf_tui.report.doctor.ranges import ranges
from mlperf_tui.sampling.gpu.topology import Bus, Seat, Topology

SAID_PAIRS = 4
NO_PEERS = (
    "NCCL then goes through the host's memory. With an IOMMU or in a virtual machine, PCIe's ACS is often in the way."
)
ELSEWHERE = "Ask the batch system, taskset or --cpuset-cpus for processors near the GPUs."


def spots(topology: Topology) -> tuple[Spot, ...]:
    """As the documents write them."""
    return tuple(Spot(seat.index, _bus(seat.bus), ranges(seat.cpus), ranges(seat.nodes)) for seat in topology.seats)


def capabilities(topology: Topology) -> list[tuple[int, int] | None]:
    """Of each GPU, None where NVML doesn't tell."""
    return [seat.capability for seat in topology.seats]


def peer_access(topology: Topology, gpus: tuple[int, ...]) -> Iterator[Finding]:
    """Whether they may read each other's memory without going through the host's."""
    place = {seat.index: at for at, seat in enumerate(topology.seats)}
    pairs = list(combinations(gpus, 2))
    for why, ones in alike(pairs, lambda pair: topology.barred[place[pair[0]]][place[pair[1]]]).items():
        whom = _in_words(ones, len(pairs))
        if why is None:
            yield Finding("links", "peer_access", PARTLY, f"NVML does not tell of {whom}", remedy=NO_PEERS)
        elif why:
            yield Finding("links", "peer_access", MISSING, f"none between {whom}: {why}", remedy=NO_PEERS)
        else:
            yield Finding("links", "peer_access", SHOWN, f"between {whom}")


def nearest_cpus(seats: Iterable[Seat], allowed: frozenset[int]) -> Iterator[Finding]:
    """Where a GPU's loaders do best, and whether they may run there; nothing where NVML doesn't tell."""
    for (cpus, nodes), ones in alike(seats, lambda seat: (seat.cpus, seat.nodes)).items():
        says = ranges(cpus) + (f", NUMA node {ranges(nodes)}" if nodes else "")
        whom = tuple(seat.index for seat in ones)
        if cpus & allowed:
            yield Finding("links", "nearest_cpus", SHOWN, says, gpus=whom)
        elif cpus:
            says = f"{says}: this process may use none of them"
            yield Finding("links", "nearest_cpus", PARTLY, says, remedy=ELSEWHERE, gpus=whom)


def _in_words(pairs: list[tuple[int, int]], of: int) -> str:
    """All, or how many and the first of them."""
    if of == 1:
        return "GPU {} and GPU {}".format(*pairs[0])
    if len(pairs) == of:
        return f"all {of} pairs of GPUs"
    some = ", ".join(f"{one}-{other}" for one, other in pairs[:SAID_PAIRS])
    return f"{len(pairs)} of {of} pairs of GPUs ({some}{', …' if len(pairs) > SAID_PAIRS else ''})"


def _bus(bus: Bus | None) -> str | None:
    return bus and "{:08x}:{:02x}:{:02x}.0".format(*bus)
