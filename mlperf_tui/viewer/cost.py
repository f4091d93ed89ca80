"""What this viewer itself takes: CPU and bytes to the terminal, over the last seconds."""

from __future__ import annotations

from collections import deque

from mlperf_tui.frozen import frozen

WINDOW_S = 10.0


@frozen
class Spent:
    """At `t_s`: CPU seconds and bytes so far."""

    t_s: float
    cpu_s: float
    sent_bytes: int


class OwnCost:
    """Takes what was spent so far, once a snapshot; the clock is the caller's."""

    def __init__(self) -> None:
        self._held: deque[Spent] = deque()

    def add(self, spent: Spent) -> None:
        """Keep one; what is older than the window goes."""
        self._held.append(spent)
        while spent.t_s - self._held[0].t_s > WINDOW_S:
            self._held.popleft()

    def rates(self) -> tuple[float | None, float | None]:
        """CPU in percent of a core, and bytes a second; None until there are two to compare."""
        if len(self._held) < 2 or self._held[-1].t_s <= self._held[0].t_s:
            return None, None
        first, last = self._held[0], self._held[-1]
        seconds = last.t_s - first.t_s
        return 100 * (last.cpu_s - first.cpu_s) / seconds, (last.sent_bytes - first.sent_bytes) / seconds
