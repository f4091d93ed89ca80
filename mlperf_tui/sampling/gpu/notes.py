"""What the recorder should tell once: where each series comes from, and why one has no value."""

from __future__ import annotations

import threading

from mlperf_tui.records import Source, Unavailable


class Notes:
    """Collects notes from all threads; hands each out once."""

    def __init__(self) -> None:
        self.gpus: frozenset[int] = frozenset()
        """All GPUs: what holds for each of them is said once for all."""
        self._lock = threading.Lock()
        self._said: set[tuple[str, str, str | int | None]] = set()
        self._sources: list[Source] = []
        self._reasons: dict[tuple[str, str], set[int | None]] = {}

    def source(self, series: str, rung: str, unit: str) -> None:
        """Say that the series has values from that rung."""
        note = (series, rung, unit)
        if note in self._said:
            return  # nearly always: each value of each tick comes here
        with self._lock:
            if note not in self._said:
                self._said.add(note)
                self._sources.append(Source(series, rung, unit))

    def unavailable(self, series: str, reason: str, index: int | None = None) -> None:
        """Say why the series has no value for that GPU, or, with None, for all."""
        note = (series, reason, index)
        with self._lock:
            if note not in self._said:
                self._said.add(note)
                self._reasons.setdefault((series, reason), set()).add(index)

    def take(self) -> list[Source | Unavailable]:
        """The new ones since the last call."""
        with self._lock:
            notes: list[Source | Unavailable] = [*self._sources]
            for (series, reason), indices in self._reasons.items():
                whom = [None] if self._is_for_all(indices) else sorted(indices, key=lambda index: index or 0)
                notes.extend(Unavailable(series, reason, index) for index in whom)
            self._sources, self._reasons = [], {}
            return notes

    def _is_for_all(self, indices: set[int | None]) -> bool:
        return None in indices or indices == self.gpus
