"""What the kernel says of one process in /proc/PID/stat."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

TICKS_PER_S = os.sysconf("SC_CLK_TCK")
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True, slots=True)
class Stat:
    """A process: `cpu_s` and `memory_bytes` (resident) so far, its parent and threads; `start` is in clock ticks."""

    parent: int
    state: str
    start: int
    cpu_s: float
    threads: int
    memory_bytes: int
    comm: str = ""


def stat_of(pid: int) -> Stat | None:
    """One process, None when it has gone."""
    try:
        text = Path(f"/proc/{pid}/stat").read_bytes()
    except OSError:
        return None
    head, _, tail = text.rpartition(b")")
    fields = tail.split()
    return Stat(
        parent=int(fields[1]),
        state=fields[0].decode(),
        start=int(fields[19]),
        cpu_s=(int(fields[11]) + int(fields[12])) / TICKS_PER_S,
        threads=int(fields[17]),
        memory_bytes=int(fields[21]) * PAGE_BYTES,
        comm=head.partition(b"(")[2].decode("utf-8", "replace"),
    )
