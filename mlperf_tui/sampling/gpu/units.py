"""NVML's numbers in the records' units: percent, watts, bytes and bytes per second; None for what cannot be true."""

from __future__ import annotations

import math
from dataclasses import dataclass

KB = 1000
KIB = 1024
MIB = 1024 * 1024
PCIE_LANE_BYTES_PER_S = {1: 250e6, 2: 500e6, 3: 985e6, 4: 1969e6, 5: 3938e6, 6: 7563e6}
"""One lane in one direction by generation, after the line's coding (8b/10b, 128b/130b, from 6 on FLITs): PCI-SIG."""


def share(percent: float) -> float | None:
    """A percentage to a tenth; a little over 100 is the sensor's rounding, more is no share at all."""
    return round(min(percent, 100.0), 1) if 0.0 <= percent <= 101.0 else None


def from_milli(value: float) -> float:
    """Milliwatts to watts, millijoules to joules, to a tenth."""
    return round(value / 1000.0, 1)


def bytes_per_s(value: float, unit_bytes: int, at_most: float | None = None) -> int | None:
    """A rate in whole bytes per second; None below zero or above what the wire can carry (`at_most`)."""
    rate = value * unit_bytes
    if not math.isfinite(rate) or rate < 0.0 or (at_most is not None and round(rate) > at_most):
        return None
    return round(rate)


def pcie_bytes_per_s(generation: int | None, lanes: int | None) -> float | None:
    """What a slot can carry in one direction; None where either isn't known, or the generation is newer than this."""
    lane = PCIE_LANE_BYTES_PER_S.get(generation or 0)
    return lane * lanes if lane and lanes else None


@dataclass(frozen=True, slots=True)
class Count:
    """What a counter stood at: `t_us` is the driver's own time of it, `now_ns` our monotonic clock's."""

    value: int
    t_us: int
    now_ns: int
    bits: int = 64


class Counter:
    """Rates from a counter that only grows, as long as nobody resets it."""

    def __init__(self, unit_bytes: int, at_most: float | None = None) -> None:
        self._unit_bytes = unit_bytes
        self._at_most = at_most
        self._last: Count | None = None

    def rate(self, count: Count) -> int | None:
        """Bytes per second since the count before; None at first, after a reset, and where the driver has nothing new.

        The driver's time is wall time: where it moved unlike the monotonic clock, somebody set it, and no rate is true.
        """
        last = self._last
        if last is not None and (last.t_us, last.value) == (count.t_us, count.value):
            return None
        self._last = count
        if last is None:
            return None
        passed_us, ours_us = count.t_us - last.t_us, (count.now_ns - last.now_ns) / 1000.0
        if count.value < last.value or passed_us <= 0 or abs(passed_us - ours_us) >= ours_us / 2.0:
            return None
        return bytes_per_s((count.value - last.value) * 1e6 / passed_us, self._unit_bytes, self._at_most)
