"""What a container or a batch system lets this process use, by Linux' control groups of both versions.

Sources: Documentation/admin-guide/cgroup-v2.rst (cpu.max, memory.max), scheduler/sched-bwc.rst, cgroup-v1/memory.rst.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

ROOT = Path("/")
UNLIMITED_BYTES = 1 << 60
"""Version 1 says no limit by a number near 2⁶³."""


def cpu_limit(root: Path = ROOT) -> float | None:
    """Processors' worth of time, None without a limit."""
    texts = [_text(group / "cpu.max") for group in groups(root, "")]
    texts += [
        f"{_text(group / 'cpu.cfs_quota_us')} {_text(group / 'cpu.cfs_period_us')}" for group in groups(root, "cpu")
    ]
    return min(filter(None, map(quota, texts)), default=None)


def memory_limit(root: Path = ROOT) -> int | None:
    """Bytes, None without a limit."""
    texts = [_text(group / "memory.max") for group in groups(root, "")]
    texts += [_text(group / "memory.limit_in_bytes") for group in groups(root, "memory")]
    limits = (int(text) for text in texts if text.isdigit())
    return min((limit for limit in limits if limit < UNLIMITED_BYTES), default=None)


def quota(text: str) -> float | None:
    """Of `QUOTA PERIOD` in microseconds; None for `max`, for -1, and for what is no such thing."""
    match text.split():
        case [most, period] if most.isdecimal() and period.isdecimal() and int(most) and int(period):
            return int(most) / int(period)
    return None


def groups(root: Path, controller: str) -> Iterator[Path]:
    """The process's own group under that controller ("" for version 2) and all above it: each may set a limit.

    In a container the path may be the host's, which is not there; what is mounted is then the process's own group.
    """
    top = root / "sys/fs/cgroup" / controller
    path = group_of(_text(root / "proc/self/cgroup"), controller)
    own = top / path.lstrip("/")
    yield from (place for place in (own, *own.parents) if place == top or top in place.parents)


def group_of(text: str, controller: str) -> str:
    """The path in a line `ID:CONTROLLERS:PATH` of /proc/self/cgroup; `/` where none is the controller's."""
    lines = (line.split(":", 2) for line in text.splitlines())
    return next((line[2] for line in lines if len(line) == 3 and controller in line[1].split(",")), "/")


def _text(path: Path) -> str:
    try:
        return path.read_text().strip()
    except (OSError, ValueError):
        return ""
