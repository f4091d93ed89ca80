"""The turn file of a session, from the side of whoever gives the turns (see mlperf_tui.steps.turn)."""

from __future__ import annotations

import fcntl
import os

from mlperf_tui.session.folder import Folder
from mlperf_tui.steps.turn import ENDLESS, NUMBER


class TurnFile:
    """Held locked for as long as this process lives: a run whose giver is gone ends itself. Raises OSError."""

    def __init__(self, folder: Folder) -> None:
        self._fd = os.open(folder.turn, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        self.allow(0)

    def allow(self, steps: int) -> None:
        """Let the run go on until it has ended so many steps, in one write."""
        os.pwrite(self._fd, NUMBER.pack(steps), 0)

    def free(self) -> None:
        """Let the run go on for ever: it is to end."""
        self.allow(ENDLESS)

    def close(self) -> None:
        os.close(self._fd)
