"""Readings as series by name, and what each adds up to over a stretch of time: min, mean, max and count a GPU."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields

from mlperf_tui.records import GpuReading, HostReading, LinkReading, Record, Values

PREFIX: dict[type[Record], str] = {GpuReading: "gpu", LinkReading: "link", HostReading: "host"}
LIMITS = ("power", "thermal")
MONITOR = ("host.monitor_cpu_s", "host.late_ticks", "host.lines_lost")
"""What the recorder says of itself: it counts over all its life, not only while the run lasts."""

Spread = tuple[float, float, float, int]
"""Min, mean, max, count."""

Stored = Mapping[str, tuple[tuple[float, ...] | None, ...]]
"""Spreads as a minute has them."""


def series(record: GpuReading | LinkReading | HostReading) -> Iterator[tuple[str, Values]]:
    """Each series that a reading carries: `gpu.power_w` with a value a GPU, `host.cpu_cores` with one alone."""
    prefix = PREFIX[type(record)]
    for field in fields(record):
        value = getattr(record, field.name)
        if field.name == "t" or value is None or value == ():
            continue
        if field.name == "limits":
            yield from _limits(value)
        elif not field.name.startswith("link_"):
            yield f"{prefix}.{field.name}", value if isinstance(value, tuple) else (value,)


def _limits(words: tuple[str | None, ...]) -> Iterator[tuple[str, Values]]:
    """How often each limit held: 1 where it did, 0 where it did not, so that its mean is a share of the time."""
    for limit in LIMITS:
        yield f"gpu.limit_{limit}", tuple(None if word is None else float(limit in word.split("+")) for word in words)


class Spreads:
    """Collects series; a value that is unknown counts for nothing."""

    def __init__(self) -> None:
        self._sums: dict[str, list[list[float] | None]] = {}

    def add(self, name: str, values: Values) -> None:
        for index, value in enumerate(values):
            if value is not None:
                self._take_in(name, index, value, value, value, 1)

    def forget_the_run(self) -> None:
        """Keep only what the recorder says of itself."""
        self._sums = {name: cells for name, cells in self._sums.items() if name in MONITOR}

    def merge(self, stored: Stored) -> None:
        """Add what a minute has stored."""
        for name, spreads in stored.items():
            for index, spread in enumerate(spreads):
                if spread is not None:
                    least, mean, most, count = spread
                    self._take_in(name, index, least, mean * count, most, count)

    def result(self) -> dict[str, tuple[Spread | None, ...]]:
        """By series and GPU; None where nothing was known."""
        return {name: tuple(_spread(cell) for cell in cells) for name, cells in self._sums.items()}

    def _take_in(self, name: str, index: int, least: float, total: float, most: float, count: float) -> None:
        cells = self._sums.setdefault(name, [])
        cells.extend([None] * (index + 1 - len(cells)))
        cell = cells[index]
        if cell is None:
            cells[index] = [least, total, most, count]
            return
        cell[0] = min(cell[0], least)
        cell[1] += total
        cell[2] = max(cell[2], most)
        cell[3] += count


def _spread(cell: list[float] | None) -> Spread | None:
    if cell is None:
        return None
    least, total, most, count = cell
    return _short(least), _short(total / count), _short(most), int(count)


def _short(value: float) -> float:
    """Six digits are more than any sensor has, and keep a week's rollup small."""
    return float(f"{value:.6g}")
