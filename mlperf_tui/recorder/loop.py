"""Fixed-rate ticks: each sampler in a thread of its own, so that one that hangs delays none of the others."""

from __future__ import annotations

import sys
import threading
import time
import traceback
from collections.abc import Callable


class Pace(threading.Thread):
    """Calls `work` every `period_s`, without drift. Ticks that could not be kept are skipped and counted in `late`."""

    def __init__(self, name: str, period_s: float, work: Callable[[], None]) -> None:
        super().__init__(name=name, daemon=True)
        self.late = 0
        self._period_s = period_s
        self._work = work
        self._over = threading.Event()

    def run(self) -> None:
        """Tick until told to end."""
        due = time.monotonic()
        while not self._over.wait(max(0.0, due - time.monotonic())):
            self._tick()
            due += self._period_s
            behind = int((time.monotonic() - due) // self._period_s) + 1
            if behind > 0:
                self.late += behind
                due += behind * self._period_s

    def end(self, patience_s: float) -> None:
        """Stop ticking; a tick that hangs longer than the patience is left behind."""
        self._over.set()
        if self.is_alive():
            self.join(patience_s)

    def _tick(self) -> None:
        try:
            self._work()
        except Exception:  # noqa: BLE001  one sampler's failure must not end the others, nor the run
            traceback.print_exc(file=sys.stderr)
