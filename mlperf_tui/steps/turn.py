"""Turns: between two steps a process waits until another, measured on the same machine, has had its own.

The turn file holds one number, 8 bytes little-endian: this process may run until it has ended so many steps. Whoever
gives the turns holds a flock on the file; once that is free nobody will give another, and the process ends itself.
"""

from __future__ import annotations

import fcntl
import mmap
import os
import signal
import struct
import sys
import time
from typing import Any, Optional

ENDLESS = 2**63 - 1
LOOK_EVERY_S = 0.002
ASK_EVERY_S = 0.5
NUMBER = struct.Struct("<q")


class Turn:
    """Until which step this process may run. Making one raises OSError where the file can't be read."""

    def __init__(self, path: str) -> None:
        self._fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        self.released = False
        self._map = mmap.mmap(self._fd, NUMBER.size, access=mmap.ACCESS_READ)

    @classmethod
    def of_environment(cls) -> Optional[Turn]:
        """The turn file that MLPERF_TUI_TURN names, None where there is none to be read."""
        path = os.environ.get("MLPERF_TUI_TURN")
        try:
            return cls(path) if path else None
        except (OSError, ValueError):
            return None

    @property
    def until(self) -> int:
        """How many steps may have been ended before the next wait."""
        return int(NUMBER.unpack_from(self._map)[0])

    def wait(self, n: int) -> int:
        """Return the new limit once it lies above `n`; ends the process politely (TERM) when nobody gives turns now."""
        ask_at = time.monotonic()
        while self.until <= n:
            if self.released:
                return ENDLESS
            if time.monotonic() >= ask_at:
                ask_at = time.monotonic() + ASK_EVERY_S
                if self._nobody_gives():
                    os.kill(os.getpid(), signal.SIGTERM)
                    return ENDLESS
            time.sleep(LOOK_EVERY_S)
        return self.until

    def _nobody_gives(self) -> bool:
        try:
            fcntl.flock(self._fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError:
            return False
        fcntl.flock(self._fd, fcntl.LOCK_UN)
        return True


def settle() -> None:
    """Let the GPU finish what it has been given: the next process is to have it to itself."""
    torch: Any = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_available() and torch.cuda.is_initialized():
        torch.cuda.synchronize()
