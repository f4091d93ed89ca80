"""Whose turn it is to be asked, when only one can be at a time."""

from __future__ import annotations

from collections.abc import Collection

AGAIN_S = 2.0
"""Threads are read as often as this: to ask more often would cost and show nothing."""


class Turns:
    """Ranks and other processes take turns, so that neither waits for all of the other kind.

    Among its kind, whoever has waited longest comes first; nobody is asked twice within `AGAIN_S`.
    """

    def __init__(self) -> None:
        self._asked: dict[int, float] = {}
        self._turn_of_ranks = True

    def next(self, ranks: Collection[int], others: Collection[int], now: float) -> int | None:
        """The pid to ask at `now` (seconds), None when everybody was asked just before."""
        self._asked = {pid: at for pid, at in self._asked.items() if pid in ranks or pid in others}
        first, second = (ranks, others) if self._turn_of_ranks else (others, ranks)
        due = self._due(first, now) or self._due(second, now)
        if not due:
            return None
        chosen = min(due, key=lambda pid: (self._asked.get(pid, float("-inf")), pid))
        self._asked[chosen] = now
        self._turn_of_ranks = chosen not in ranks
        return chosen

    def _due(self, pids: Collection[int], now: float) -> list[int]:
        return [pid for pid in pids if now - self._asked.get(pid, float("-inf")) >= AGAIN_S]
