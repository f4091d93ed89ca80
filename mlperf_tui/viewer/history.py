"""The last half hour of a series, one value a second: kept in a ring by the model, handed out as frozen tracks."""

from __future__ import annotations

from mlperf_tui.frozen import frozen

SECONDS = 1800


@frozen
class Track:
    """Values of successive seconds; `end` is the second (monotonic) after the last one."""

    end: int = 0
    values: tuple[float | None, ...] = ()

    def cells(self, count: int, period: int) -> list[float | None]:
        """Means of `period` seconds each, the newest last.

        A cell begins at a multiple of `period` and is shown once it is over: so a spark stands still in between.
        """
        last = self.end // period
        return [self._mean(cell * period, period) for cell in range(last - count, last)]

    def shown(self, count: int, period: int) -> tuple[int, tuple[float | None, ...]]:
        """What `cells` are made of: the number of the last one, and the values; the same as long as these are."""
        last = self.end // period
        first, stop = (max(0, cell * period - self.end + len(self.values)) for cell in (last - count, last))
        return last, self.values[first:stop]

    def _mean(self, start: int, period: int) -> float | None:
        offset = start - self.end + len(self.values)
        known = [value for value in self.values[max(0, offset) : max(0, offset + period)] if value is not None]
        return sum(known) / len(known) if known else None


class History:
    """A ring of one value a second; None where there was none."""

    def __init__(self, seconds: int = SECONDS) -> None:
        self._ring: list[float | None] = [None] * seconds
        self._end = 0

    def put(self, second: int, value: float | None) -> None:
        """Keep a second's value; one that is too old for the ring is dropped."""
        size = len(self._ring)
        if second >= self._end:
            for blank in range(max(self._end, second + 1 - size), second + 1):
                self._ring[blank % size] = None
            self._end = second + 1
        if second >= self._end - size:
            self._ring[second % size] = value

    def fill(self, start: int, stop: int, value: float | None) -> None:
        """One value for all seconds from `start` up to `stop` that hold none yet."""
        for second in range(max(start, stop - len(self._ring)), stop):
            if self.at(second) is None:
                self.put(second, value)

    def at(self, second: int) -> float | None:
        size = len(self._ring)
        return self._ring[second % size] if self._end - size <= second < self._end else None

    def track(self, end: int, seconds: int = SECONDS) -> Track:
        """What lies before the second `end`, frozen."""
        size = len(self._ring)
        first = max(end - seconds, self._end - size)
        stop = max(first, min(end, self._end))
        left, right = first % size, stop % size
        turned = self._ring[left:right] if left < right else self._ring[left:] + self._ring[:right]
        held = turned if stop > first else []
        return Track(end, tuple(held + [None] * (end - stop)))
