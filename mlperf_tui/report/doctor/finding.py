"""The words in which `doctor` says what it found: these are also the names in its JSON."""

from __future__ import annotations

from typing import Literal

from mlperf_tui.frozen import frozen

State = Literal["shown", "partly", "missing"]
SHOWN: State = "shown"
PARTLY: State = "partly"
MISSING: State = "missing"


@frozen
class Finding:
    """One thing that can be shown, partly, or not.

    `says` is a sentence or less, `source` where a series' values come from, and `remedy` what helps, "" for nothing
    to be done. `gpus` are those that it holds for, by NVML's index; none where it is about no GPU.
    """

    room: str
    what: str
    state: State
    says: str
    source: str = ""
    remedy: str = ""
    gpus: tuple[int, ...] = ()


@frozen
class Spot:
    """Where a GPU sits: its PCI bus as lspci writes it, its nearest processors and NUMA nodes, as ranges."""

    index: int
    bus: str | None = None
    cpus: str = ""
    nodes: str = ""


@frozen
class Diagnosis:
    """All findings, room after room, and the ways between the GPUs, in the words of `nvidia-smi topo -m`."""

    findings: tuple[Finding, ...] = ()
    spots: tuple[Spot, ...] = ()
    ways: tuple[tuple[str, ...], ...] = ()
