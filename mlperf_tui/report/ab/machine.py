"""A session's readings in the spans of time in which it was measured, as means; only those lie wholly within them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import fmean
from typing import Protocol

from mlperf_tui.records import GpuReading, HostReading, LinkReading, Record, Values
from mlperf_tui.session.log import Tail

LOOKS_BACK_NS = 1_100_000_000
"""Utilisation, GPM and CPU time are means over the second before the reading."""

SHARES = ("busy_pct", "sm_pct", "tensor_pct", "dram_pct", "power_w", "clock_mhz", "temperature_c")

Span = tuple[int, int]
"""From and until, in monotonic ns."""


class _Timed(Protocol):
    @property
    def t(self) -> int: ...


@dataclass(slots=True)
class Readings:
    """A session's readings so far, kept as they come: some thousands, since what is measured in turns is short."""

    gpu: list[GpuReading] = field(default_factory=list)
    link: list[LinkReading] = field(default_factory=list)
    host: list[HostReading] = field(default_factory=list)
    _tails: dict[Path, Tail] = field(default_factory=dict)

    def read(self, paths: Iterable[Path]) -> None:
        """Take in what is new in these files."""
        for path in paths:
            for record in self._tails.setdefault(path, Tail(path)).read():
                self._add(record)

    def _add(self, record: Record) -> None:
        match record:
            case GpuReading():
                self.gpu.append(record)
            case LinkReading():
                self.link.append(record)
            case HostReading():
                self.host.append(record)


def within(readings: Iterable[_Timed], spans: Sequence[Span]) -> Iterator[_Timed]:
    """Those whose whole second lies in one of the spans."""
    return (one for one in readings if any(since + LOOKS_BACK_NS < one.t <= until for since, until in spans))


def gpu_means(readings: Sequence[Readings], spans: Sequence[Span], indexes: Sequence[int]) -> dict[str, float | None]:
    """By name, the mean a GPU over the GPUs of these indexes; None where nothing is known, or not of all of them."""
    found = [one for seen in readings for one in within(seen.gpu, spans) if isinstance(one, GpuReading)]
    means = {name: _mean(_each(getattr(one, name), indexes) for one in found) for name in SHARES}
    return {**means, **{f"limited_{limit}": _limited(found, indexes, limit) for limit in ("power", "thermal")}}


def sent_bytes_per_s(readings: Sequence[Readings], spans: Sequence[Span], indexes: Sequence[int]) -> float | None:
    """What a GPU sends over NVLink, mean over the GPUs of these indexes."""
    found = [one for seen in readings for one in within(seen.link, spans) if isinstance(one, LinkReading)]
    return _mean(_each(one.tx_bytes_per_s, indexes) for one in found)


def host_mean(readings: Readings, spans: Sequence[Span], find: Callable[[HostReading], float | None]) -> float | None:
    """The mean of one number of the host."""
    found = [one for one in within(readings.host, spans) if isinstance(one, HostReading)]
    return _mean(find(one) for one in found)


def host_growth(readings: Readings, spans: Sequence[Span], name: str) -> float | None:
    """By how much a counter of the host grew in the spans; None where it is unknown."""
    grown = 0.0
    told = [(one.t, value) for one in readings.host if (value := getattr(one, name, None)) is not None]
    for since, until in spans:
        values = [value for t, value in told if since <= t <= until]
        grown += max(values) - min(values) if values else 0.0
    return grown if told else None


def _limited(found: list[GpuReading], indexes: Sequence[int], limit: str) -> float | None:
    """The share of the readings in which it held back one of these GPUs."""
    words = [[one.limits[index] for index in indexes if index < len(one.limits)] for one in found]
    known = [of_one for of_one in words if of_one and None not in of_one]
    return fmean(any(limit in (word or "").split("+") for word in of_one) for of_one in known) if known else None


def _each(values: Values, indexes: Sequence[int]) -> float | None:
    """The mean over some of the GPUs, unknown as soon as one is."""
    cells = [values[index] if index < len(values) else None for index in indexes]
    known = [cell for cell in cells if cell is not None]
    return fmean(known) if known and len(known) == len(cells) else None


def _mean(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return fmean(known) if known else None
