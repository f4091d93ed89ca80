"""The host: processors, memory, and the shared memory in which loader workers hand over their batches."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from mlperf_tui.doctor.cgroup import cpu_limit, memory_limit
from mlperf_tui.records import HostInfo
from mlperf_tui.report.doctor import MISSING, PARTLY, SHOWN, Finding, State
from mlperf_tui.report.numbers import GIB, gib

ROOM = "host"
ROOT = Path("/")
SHM = Path("/dev/shm")  # noqa: S108  looked at, not written
ENOUGH_SHM_BYTES = GIB
"""256 images of 224 × 224 × 3 bytes are 37 MiB, and 147 MiB as floats; each of some loaders keeps two such batches."""


def host(info: HostInfo, root: Path = ROOT, shm: Path = SHM) -> Iterator[Finding]:
    """Everything but the threads' frames."""
    system = (info.host, f"Linux {info.kernel}", info.cpu_model or "processor unknown")
    yield Finding(ROOM, "system", SHOWN, ", ".join(system))
    yield processors(info.cpus, os.cpu_count() or info.cpus, cpu_limit(root))
    yield memory(info.memory_total_bytes, memory_limit(root))
    yield shared_memory(shm)


def processors(allowed: int, there: int, limit: float | None) -> Finding:
    """What the process may use of what is there."""
    says = f"{allowed} of {there} may be used" if allowed < there else f"{there}, all of which may be used"
    if limit is None or limit >= allowed:
        return Finding(ROOM, "processors", SHOWN, says)
    return Finding(
        ROOM,
        "processors",
        PARTLY,
        f"{says}, but the control group grants {limit:g} of them: more threads than that wait",
        remedy=f"Start no more than {max(1, int(limit))} loaders and threads (OMP_NUM_THREADS), or raise --cpus.",
    )


def memory(total_bytes: int | None, limit_bytes: int | None) -> Finding:
    """The host's and the control group's."""
    says = gib(total_bytes)
    if limit_bytes is not None and (total_bytes is None or limit_bytes < total_bytes):
        says += f", of which the control group grants {gib(limit_bytes)}"
    return Finding(ROOM, "memory", SHOWN, says)


def shared_memory(place: Path) -> Finding:
    """Where it is too small, a loader worker dies of a bus error."""
    try:
        size = os.statvfs(place)
    except OSError:
        return _small(MISSING, f"there is no {place}: loader workers can't hand over what they load")
    total, free = size.f_frsize * size.f_blocks, size.f_frsize * size.f_bavail
    if total < ENOUGH_SHM_BYTES:
        return _small(PARTLY, f"{place} has only {gib(total)}: loader workers die of a bus error when it is full")
    if free < ENOUGH_SHM_BYTES:
        return Finding(
            ROOM, "shared_memory", PARTLY, f"{place} has {gib(total)}, but only {gib(free)} free",
            remedy=f"See who fills it: ls -lS {place}; remove what a killed program left.",
        )  # fmt: skip
    return Finding(ROOM, "shared_memory", SHOWN, f"{gib(total)} in {place}, {gib(free)} free")


def _small(state: State, says: str) -> Finding:
    helps = "Start the container with --shm-size=16g or --ipc=host; with --workers 0 none is needed."
    return Finding(ROOM, "shared_memory", state, says, remedy=helps)
