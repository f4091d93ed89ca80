"""What the kernel says of one process in /proc/PID/stat."""

from __future__ import annotations

import os
from dataclasses import dataclass

TICKS_PER_S = os.sysconf("SC_CLK_TCK")
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
STAT_BYTES = 512
"""More than a line of /proc/PID/stat ever has: 52 numbers, most of them short, and a name of 15 bytes."""


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
        text = read_line(f"/proc/{pid}/stat")
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


def read_line(path: str) -> bytes:
    """A stat file of the kernel's, in three calls: a Path and a file object of Python's would cost as much again.

    Raises OSError when it can't be read.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        return os.read(descriptor, STAT_BYTES)
    finally:
        os.close(descriptor)
