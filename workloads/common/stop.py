"""TERM and INT: the first ends the run after the current step, a second one at once."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from types import FrameType

SIGNALS = (signal.SIGTERM, signal.SIGINT)
WORKER_PATIENCE_S = 5


class Stop:
    """Catches TERM and INT from its creation on; `asked` is the signal's number once one came.

    Until `gently` is called there is no run to end, and the signal ends the process itself. The exit code is 128 plus
    the signal's number, as shells have it: 143 for TERM, 130 for INT.
    """

    def __init__(self) -> None:
        self.asked: int | None = None
        self._gentle = False
        self._then: Callable[[], None] = lambda: None
        for number in SIGNALS:
            signal.signal(number, self._caught)

    def gently(self, then: Callable[[], None] = lambda: None) -> None:
        """From now on the loop looks at `asked` after each step; the signal calls `then`, which must be quick."""
        self._gentle, self._then = True, then

    @property
    def exit_code(self) -> int:
        """0 when no signal came."""
        return 0 if self.asked is None else 128 + self.asked

    def _caught(self, number: int, _frame: FrameType | None) -> None:
        if self.asked is not None:
            os._exit(128 + number)
        self.asked = number
        if not self._gentle:
            raise SystemExit(self.exit_code)
        self._then()


def outlive_the_loop(_worker: int = 0) -> None:
    """In a loader's worker: a signal to the whole group must not take away the batches of the last step.

    TERM still ends the worker, some seconds later, so that nobody waits for one that hangs.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.signal(signal.SIGTERM, lambda _number, _frame: _leave_soon())


def _leave_soon() -> None:
    signal.alarm(WORKER_PATIENCE_S)
