"""A rank whose process has ended while others run on: by NCCL they would wait for it, and only look busy."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

UNMARKED_NS = 10_000_000_000
"""Where the program doesn't mark its end: ranks leave one after the other, within seconds. No rank leaves before
run_stop."""


class Gone:
    """Remembers since when each rank is missing. One that was never here may be another machine's."""

    def __init__(self) -> None:
        self._seen: set[int] = set()
        self._since: dict[int, int] = {}
        self._told: set[int] = set()

    def look(self, now: int, alive: Mapping[int, bool], *, marked: bool) -> Iterator[tuple[str, str]]:
        """`alive` says of each rank that ever was whether a process of it is there; `now` is monotonic ns.

        `marked` says whether the program marks a run's start and end.
        """
        patience = 0 if marked else UNMARKED_NS
        if not any(alive.values()):
            self._since.clear()
            return
        for rank, is_there in alive.items():
            if is_there:
                self._seen.add(rank)
                self._since.pop(rank, None)
                self._told.discard(rank)
            elif rank in self._seen - self._told and now - self._since.setdefault(rank, now) >= patience:
                self._told.add(rank)
                yield "rank-gone", f"the process of rank {rank} has ended, and others run on: they may wait for it"
