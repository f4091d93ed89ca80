"""The host: its processors, load and memory."""

from __future__ import annotations

import os
import platform
import time
from dataclasses import dataclass
from pathlib import Path

import psutil

from mlperf_tui.records import HostInfo

VMSTAT = Path("/proc/vmstat")


@dataclass(frozen=True, slots=True)
class HostNow:
    """CPU in busy cores since the last reading (None at first), load over a minute, memory in bytes.

    `swapped_bytes` is what went in and out of the swap since the boot, None where the kernel doesn't say.
    """

    cpu_cores: float | None
    load_1m: float
    memory_used_bytes: int
    swapped_bytes: int | None


class Host:
    """Reads the host; keeps the last CPU times to take the difference."""

    def __init__(self) -> None:
        self._busy_s: float | None = None
        self._read_at = 0.0

    def read(self) -> HostNow:
        busy_s, now = _busy_seconds(), time.monotonic()
        cores = None if self._busy_s is None else (busy_s - self._busy_s) / max(1e-3, now - self._read_at)
        self._busy_s, self._read_at = busy_s, now
        memory = psutil.virtual_memory()
        return HostNow(cores, os.getloadavg()[0], memory.total - memory.available, swapped_bytes())


def host_info(name: str) -> HostInfo:
    """What stays the same; `cpus` are those that this process may use."""
    return HostInfo(
        host=name,
        cpus=len(os.sched_getaffinity(0)),
        memory_total_bytes=psutil.virtual_memory().total,
        cpu_model=_cpu_model(),
        kernel=platform.release(),
    )


def disk_free(path: Path) -> int | None:
    """Bytes that an ordinary user may still write there."""
    try:
        return psutil.disk_usage(str(path)).free
    except OSError:
        return None


def swapped_bytes() -> int | None:
    """In and out since the boot; where the kernel doesn't say, psutil would make it 0."""
    if not VMSTAT.exists():
        return None
    swap = psutil.swap_memory()
    return int(swap.sin + swap.sout)


def oom_kills() -> int | None:
    """How many processes the kernel has ended on this host since its boot for want of memory."""
    try:
        lines = VMSTAT.read_text().splitlines()
    except OSError:
        return None
    return next((int(line.split()[1]) for line in lines if line.startswith("oom_kill ")), None)


def _busy_seconds() -> float:
    times = psutil.cpu_times()
    return float(times.user + times.system + times.nice + times.irq + times.softirq + times.steal)


def _cpu_model() -> str | None:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return None
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), None)
