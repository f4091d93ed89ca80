"""Whether a process named in a session is still that process: a pid alone may be somebody else's by now."""

from __future__ import annotations

import os
from pathlib import Path

from mlperf_tui.frozen import frozen


@frozen
class Process:
    """A process for good: its pid and its start, in clock ticks since boot."""

    pid: int
    start: int

    @property
    def alive(self) -> bool:
        """Whether it still runs; a zombie has ended."""
        return started(self.pid) == self.start


def started(pid: int) -> int | None:
    """When a process started, in clock ticks since boot (/proc/PID/stat, field 22); None once it has ended."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    fields = text.rpartition(")")[2].split()
    return None if fields[0] in {"Z", "X"} else int(fields[19])


def myself() -> Process:
    """The calling process."""
    pid = os.getpid()
    return Process(pid, started(pid) or 0)
