"""A rank whose process is stopped, by SIGSTOP or a debugger: it looks as if all stood still."""

from __future__ import annotations

from collections.abc import Collection, Iterator

PATIENCE_NS = 10_000_000_000
"""What is stopped and continued again and again is slow, and told as that."""


class Held:
    """Remembers since when each rank was seen stopped each time."""

    def __init__(self) -> None:
        self._since: dict[int, int] = {}
        self._told: set[int] = set()

    def look(self, now: int, stopped: Collection[int]) -> Iterator[tuple[str, str]]:
        """`stopped` are the ranks that are so now, in monotonic ns; told once until one runs again."""
        self._since = {rank: self._since.get(rank, now) for rank in stopped}
        self._told &= self._since.keys()
        for rank, since in self._since.items():
            if now - since >= PATIENCE_NS and rank not in self._told:
                self._told.add(rank)
                yield "rank-stopped", f"the process of rank {rank} is stopped (SIGSTOP): kill -CONT lets it go on"
