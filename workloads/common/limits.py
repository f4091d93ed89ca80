"""How long a run may last: steps and minutes."""

from __future__ import annotations

import time


class Limits:
    """`--steps` and `--minutes`; None sets no limit. The minutes run from `start`."""

    def __init__(self, steps: int | None, minutes: float | None) -> None:
        self._steps = steps
        self._seconds = None if minutes is None else minutes * 60
        self._until = float("inf")

    def start(self) -> None:
        """Training begins now, or begins anew: the time in which a model is compiled is none of it."""
        if self._seconds is not None:
            self._until = time.monotonic() + self._seconds

    def reached(self, steps: int) -> bool:
        """Whether a run that has taken so many steps is over."""
        return self.taken(steps) or self.passed()

    def taken(self, steps: int) -> bool:
        """Whether that was the last step, for every rank alike."""
        return self._steps is not None and steps >= self._steps

    def passed(self) -> bool:
        """Whether the minutes have passed, by this process's clock."""
        return time.monotonic() >= self._until
