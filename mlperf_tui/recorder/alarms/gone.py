"""A rank whose process has ended while others run on: by NCCL they would wait for it, and only look busy."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

PATIENCE_NS = 3_000_000_000
"""At an ordinary end all ranks leave within a second or two of each other."""


class Gone:
    """Remembers since when each rank is missing. One that was never here may be another machine's."""

    def __init__(self) -> None:
        self._seen: set[int] = set()
        self._since: dict[int, int] = {}
        self._told: set[int] = set()

    def look(self, now: int, alive: Mapping[int, bool]) -> Iterator[tuple[str, str]]:
        """`alive` says of each rank that ever was whether a process of it is there; `now` is monotonic ns."""
        if not any(alive.values()):
            self._since.clear()
            return
        for rank, is_there in alive.items():
            if is_there:
                self._seen.add(rank)
                self._since.pop(rank, None)
                self._told.discard(rank)
            elif rank in self._seen and now - self._since.setdefault(rank, now) >= PATIENCE_NS:
                if rank in self._told:
                    continue
                self._told.add(rank)
                yield "rank-gone", f"the process of rank {rank} has ended, and others run on: they may wait for it"
