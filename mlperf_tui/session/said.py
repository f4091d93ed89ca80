"""What a session says rarely, kept record by record, and bounded for programs that mark each step."""

from __future__ import annotations

from collections import Counter

from mlperf_tui.records import Mark, Record

HOUR_NS = 3_600_000_000_000
MARKS_OF_A_KEY = 120
"""How many marks of one key an hour keeps: the first ones and the newest. Some programs print one each step."""


class Said:
    """Keeps records in the order in which they come. Kept in parts and put together again, it comes to the same."""

    def __init__(self) -> None:
        self._records: dict[int, Record] = {}
        self._next = 0
        self._counts: Counter[tuple[str, int]] = Counter()
        self._newest: dict[tuple[str, int], int] = {}

    def add(self, record: Record) -> None:
        """Keep it; of a key with too many marks it takes the place of the newest."""
        if isinstance(record, Mark):
            self._make_room((record.key, record.t // HOUR_NS))
        self._records[self._next] = record
        self._next += 1

    def records(self) -> list[Record]:
        return list(self._records.values())

    def _make_room(self, key: tuple[str, int]) -> None:
        self._counts[key] += 1
        if self._counts[key] > MARKS_OF_A_KEY:
            self._records.pop(self._newest[key])
        if self._counts[key] >= MARKS_OF_A_KEY:
            self._newest[key] = self._next
