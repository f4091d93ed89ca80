"""A disk that will soon be full."""

from __future__ import annotations

from collections.abc import Iterator

from mlperf_tui.recorder.alarms.once import Once
from mlperf_tui.records import HostReading

GIB = 1 << 30
LEAST_BYTES = GIB
HOUR_S = 3600
STEP_BYTES = 110
READINGS_BYTES_PER_S = 2_000
"""What a step's lines take, and a second's readings of eight GPUs (150 MB a day)."""


class Disk:
    """Nearly full is: less than 1 GiB free, or less than this session writes in an hour at its pace so far.

    It writes the program's output, its steps and the readings; how large the disk is and who else writes isn't known.
    """

    def __init__(self) -> None:
        self._first: tuple[int, int, int] | None = None
        self._last: tuple[int, int, int] | None = None
        self._told = Once()

    def see(self, reading: HostReading, steps: int) -> None:
        """`steps` counts those that have been written so far."""
        if reading.output_bytes is not None:
            self._last = (reading.t, reading.output_bytes, steps)
            self._first = self._first or self._last

    def look(self, now: int, free_bytes: int | None) -> Iterator[tuple[str, str]]:
        if free_bytes is None:
            return
        an_hour = HOUR_S * self._bytes_per_s()
        if self._told.begins(now, free_bytes < max(LEAST_BYTES, an_hour)):
            yield (
                "disk-nearly-full",
                f"the session's disk has {_size(free_bytes)} left; an hour of this session takes {_size(an_hour)}",
            )

    def _bytes_per_s(self) -> float:
        if self._first is None or self._last is None or self._last[0] <= self._first[0]:
            return READINGS_BYTES_PER_S
        seconds, output, steps = (later - sooner for sooner, later in zip(self._first, self._last, strict=True))
        return READINGS_BYTES_PER_S + (max(0, output) + STEP_BYTES * steps) / (seconds / 1e9)


def _size(size_bytes: float) -> str:
    return f"{size_bytes / GIB:.1f} GiB" if size_bytes >= GIB else f"{size_bytes / (1 << 20):.0f} MiB"
