"""Whose turn it is to be asked, when only one can be at a time."""

from __future__ import annotations

from collections.abc import Collection

AGAIN_S = 2.0
"""Threads are read as often as this: to ask more often would cost and show nothing."""

OTHERS_IN_A_ROW = 2
"""So many others are asked at most before a rank is: with two loaders a rank all are asked equally often."""


class Turns:
    """Whoever has waited longest comes first, ranks before others; nobody is asked twice within `AGAIN_S`.

    However many others there are, and however often new ones come, ranks have a third of the turns at least.
    """

    def __init__(self) -> None:
        self._asked: dict[int, float] = {}
        self._others_in_a_row = 0

    def next(self, ranks: Collection[int], others: Collection[int], now: float) -> int | None:
        """The pid to ask at `now` (seconds), None when everybody was asked just before."""
        self._asked = {pid: at for pid, at in self._asked.items() if pid in ranks or pid in others}
        due = self._due(ranks, now)
        if not due or self._others_in_a_row < OTHERS_IN_A_ROW:
            due += self._due(others, now)
        if not due:
            return None
        chosen = min(due, key=lambda pid: (self._asked.get(pid, float("-inf")), pid not in ranks, pid))
        self._asked[chosen] = now
        self._others_in_a_row = 0 if chosen in ranks else self._others_in_a_row + 1
        return chosen

    def _due(self, pids: Collection[int], now: float) -> list[int]:
        return [pid for pid in pids if now - self._asked.get(pid, float("-inf")) >= AGAIN_S]
