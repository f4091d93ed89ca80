"""Where each GPU sits and how it is set: asked once, by who wants to know the machine and not a run."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from typing import Any

import pynvml

from mlperf_tui.frozen import frozen
from mlperf_tui.sampling.gpu.device import Device
from mlperf_tui.sampling.gpu.door import Refusal, attempt
from mlperf_tui.sampling.gpu.wires import MOST_LINKS

P2P_READ = 0
"""pynvml's own NVML_P2P_CAPS_INDEX_READ has a comma too many behind it, which makes it a tuple."""

LEVELS = {
    pynvml.NVML_TOPOLOGY_INTERNAL: "INT",
    pynvml.NVML_TOPOLOGY_SINGLE: "PIX",
    pynvml.NVML_TOPOLOGY_MULTIPLE: "PXB",
    pynvml.NVML_TOPOLOGY_HOSTBRIDGE: "PHB",
    pynvml.NVML_TOPOLOGY_NODE: "NODE",
    pynvml.NVML_TOPOLOGY_SYSTEM: "SYS",
}
"""What two GPUs have in common, in the words of `nvidia-smi topo -m`; INT is one board."""

UNKNOWN, ITSELF = "?", "X"
PEERS = {
    pynvml.NVML_P2P_STATUS_OK: "",
    pynvml.NVML_P2P_STATUS_CHIPSET_NOT_SUPPORTED: "the chipset doesn't support it",
    pynvml.NVML_P2P_STATUS_GPU_NOT_SUPPORTED: "the GPU doesn't support it",
    pynvml.NVML_P2P_STATUS_IOH_TOPOLOGY_NOT_SUPPORTED: "the way between them doesn't support it",
    pynvml.NVML_P2P_STATUS_DISABLED_BY_REGKEY: "it is switched off in the driver's settings",
    pynvml.NVML_P2P_STATUS_NOT_SUPPORTED: "it is not supported",
}
"""Why one GPU can't read another's memory; "" where it can."""

WORD_BITS = 64
NODE_WORDS = 16
"""Room for 1,024 NUMA nodes: Linux has no more."""

Bus = tuple[int, int, int]
"""PCI domain, bus and device."""


@frozen
class Ports:
    """A GPU's NVLinks: so many are `up`, of which `switched` lead to an NVSwitch and the others to `peers`."""

    up: int = 0
    down: int = 0
    switched: int = 0
    peers: tuple[Bus, ...] = ()


@frozen
class Seat:
    """One GPU, None where NVML doesn't tell. `cpus` and `nodes` are the nearest processors and NUMA nodes.

    `generation` and `lanes` are its PCIe's now, `generation_max` and `lanes_max` what GPU and slot can do together.
    """

    index: int
    mig: bool | None = None
    compute_mode: int | None = None
    persistence: bool | None = None
    capability: tuple[int, int] | None = None
    bus: Bus | None = None
    generation: int | None = None
    generation_max: int | None = None
    lanes: int | None = None
    lanes_max: int | None = None
    cpus: frozenset[int] = frozenset()
    nodes: frozenset[int] = frozenset()
    ports: Ports = Ports()


@frozen
class Topology:
    """The GPUs, and by their places in `seats` the way between each two (`ways`) and why no peer access (`barred`).

    `barred` is "" where one may read the other's memory, None where NVML doesn't tell.
    """

    seats: tuple[Seat, ...] = ()
    ways: tuple[tuple[str, ...], ...] = ()
    barred: tuple[tuple[str | None, ...], ...] = ()


def find_topology(devices: Sequence[Device]) -> Topology:
    """What NVML tells of all of them: some 20 calls a GPU, 3 a link, and 2 a pair."""
    seats = tuple(_seat(device) for device in devices)
    places = range(len(devices))
    return Topology(
        seats,
        ways=tuple(tuple(_way(devices, seats, one, other) for other in places) for one in places),
        barred=tuple(tuple(_barred(devices, one, other) for other in places) for one in places),
    )


def _ask(device: Device, call: str, *args: Any) -> Any:
    """The answer, or None. Not through the door: it would take a refusal of one link or pair for one of all."""
    handle = device.handle()
    answer = None if handle is None or None in args else attempt(call, handle, *args)
    return None if isinstance(answer, Refusal) else answer


def _seat(device: Device) -> Seat:
    mig, persistence = _ask(device, "nvmlDeviceGetMigMode"), _ask(device, "nvmlDeviceGetPersistenceMode")
    return Seat(
        index=device.index,
        mig=None if mig is None else bool(mig[0]),
        compute_mode=_ask(device, "nvmlDeviceGetComputeMode"),
        persistence=None if persistence is None else bool(persistence),
        capability=_ask(device, "nvmlDeviceGetCudaComputeCapability"),
        bus=bus_of(_ask(device, "nvmlDeviceGetPciInfo")),
        generation=_ask(device, "nvmlDeviceGetCurrPcieLinkGeneration"),
        generation_max=_ask(device, "nvmlDeviceGetMaxPcieLinkGeneration"),
        lanes=_ask(device, "nvmlDeviceGetCurrPcieLinkWidth"),
        lanes_max=_ask(device, "nvmlDeviceGetMaxPcieLinkWidth"),
        cpus=members(_ask(device, "nvmlDeviceGetCpuAffinity", _cpu_words()) or ()),
        nodes=members(_ask(device, "nvmlDeviceGetMemoryAffinity", NODE_WORDS, pynvml.NVML_AFFINITY_SCOPE_NODE) or ()),
        ports=_ports(device),
    )


def _ports(device: Device) -> Ports:
    """Each link's state, as the recorder asks it, and of those that are up the other end."""
    states = _states(device)
    up = [link for link, is_up in enumerate(states) if is_up]
    switched = [link for link in up if _leads_to_switch(device, link)]
    ends = (bus_of(_ask(device, "nvmlDeviceGetNvLinkRemotePciInfo", link)) for link in up if link not in switched)
    return Ports(
        up=len(up),
        down=len(states) - len(up),
        switched=len(switched),
        peers=tuple(end for end in ends if end is not None),
    )


def _states(device: Device) -> list[bool]:
    states = []
    for link in range(MOST_LINKS):
        state = _ask(device, "nvmlDeviceGetNvLinkState", link)
        if state is None:
            break
        states.append(state == pynvml.NVML_FEATURE_ENABLED)
    return states


def _leads_to_switch(device: Device, link: int) -> bool:
    kind = _ask(device, "nvmlDeviceGetNvLinkRemoteDeviceType", link)
    return bool(kind == pynvml.NVML_NVLINK_DEVICE_TYPE_SWITCH)


def _way(devices: Sequence[Device], seats: Sequence[Seat], one: int, other: int) -> str:
    """NVLinks where there are any, else what the two have in common on PCIe."""
    if one == other:
        return ITSELF
    links = links_between(seats[one], seats[other])
    if links:
        return f"NV{links}"
    level = _ask(devices[one], "nvmlDeviceGetTopologyCommonAncestor", devices[other].handle())
    return LEVELS.get(level, UNKNOWN)


def links_between(one: Seat, other: Seat) -> int:
    """So many NVLinks join them; through switches, as many as both have."""
    direct = one.ports.peers.count(other.bus) if other.bus else 0
    return direct or min(one.ports.switched, other.ports.switched)


def _barred(devices: Sequence[Device], one: int, other: int) -> str | None:
    if one == other:
        return ""
    status = _ask(devices[one], "nvmlDeviceGetP2PStatus", devices[other].handle(), P2P_READ)
    return PEERS.get(status)


def bus_of(pci: object) -> Bus | None:
    """By its numbers: as a text it is written in two ways."""
    return None if pci is None else (getattr(pci, "domain", 0), getattr(pci, "bus", 0), getattr(pci, "device", 0))


def members(words: Iterable[int]) -> frozenset[int]:
    """The numbers of the bits that are set, in words of 64."""
    return frozenset(
        place * WORD_BITS + bit for place, word in enumerate(words) for bit in range(WORD_BITS) if word >> bit & 1
    )


def _cpu_words() -> int:
    return (os.sysconf("SC_NPROCESSORS_CONF") + WORD_BITS - 1) // WORD_BITS
