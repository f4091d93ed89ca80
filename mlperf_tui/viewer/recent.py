"""Readings of the last seconds, for what must not jump about with each of them: what limits the run, what we cost."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterable, Sequence
from typing import TypeVar

from mlperf_tui.records import GpuReading, HostReading, LinkReading, ThreadInfo, ThreadReading, Values
from mlperf_tui.session.launchers import Launchers

SECOND_NS = 1_000_000_000
WINDOW_NS = 10 * SECOND_NS
COST_NS = 30 * SECOND_NS
"""The recorder's own CPU time moves in steps of 10 ms: over a shorter time it says nothing."""

REST_NS = 60 * SECOND_NS
"""So long an evaluation, or a checkpoint, may take before nothing is known of training any more."""

YOUNG_NS = 8 * SECOND_NS
"""NVML's utilisation and the threads' CPU time lag: an H100 read busy 0 % for the first four seconds."""

PAUSE_NS = SECOND_NS // 2
"""Between two steps: of a second's mean more than half would be no training."""

PENDING = 256
AnyReading = GpuReading | LinkReading | HostReading | ThreadReading
Reading = TypeVar("Reading", GpuReading, LinkReading, HostReading, ThreadReading)


class Recent:
    """Keeps the readings of the last half minute, in order of time; and of those that fell into a step, the last ones.

    Where a program reports steps, what limits it is asked of its steps: while it evaluates, something else may.
    """

    def __init__(self) -> None:
        self._held: deque[AnyReading] = deque()
        self._pending: deque[AnyReading] = deque(maxlen=PENDING)
        self._trained: deque[AnyReading] = deque(maxlen=PENDING)
        self._steps = False
        self._stepped_t = 0
        self._young_ns = YOUNG_NS
        self._followed: set[type[AnyReading]] = set()
        self._launchers = Launchers()

    def add(self, record: AnyReading | ThreadInfo) -> None:
        """Take in a reading, or who a thread is."""
        if isinstance(record, ThreadInfo):
            self._launchers.name(record)
            return
        self._pending.append(record)
        self._held.append(record)
        while record.t - self._held[0].t > COST_NS:
            self._held.popleft()

    def step(self, began: int, ended: int) -> None:
        """A step of the first rank lasted from then to then, in monotonic ns: readings within it are of training.

        But the first of each kind after a pause, or after the start, is a mean over that too, and is left out.
        """
        self._steps = True
        if began - self._stepped_t > PAUSE_NS:
            self._followed.clear()
        self._stepped_t = ended
        self._young_ns -= ended - began
        while self._pending and self._pending[0].t <= ended:
            reading = self._pending.popleft()
            if reading.t >= began:
                self._take(reading)

    def _take(self, reading: AnyReading) -> None:
        if type(reading) in self._followed:
            self._trained.append(reading)
        self._followed.add(type(reading))

    @property
    def is_young(self) -> bool:
        """Whether it has trained for so short a time that means of it still hold much of the start."""
        return self._steps and self._young_ns > 0

    def grow_up(self) -> None:
        """It has trained before what is kept here."""
        self._young_ns = 0

    @property
    def trained_t(self) -> int:
        """When the last reading fell into a step, in monotonic ns; 0 where none has."""
        return self._trained[-1].t if self._trained else 0

    def rests(self, now: int) -> bool:
        """Whether it trained a moment ago, so that what was said of it then still holds."""
        return bool(self._trained) and now - self._trained[-1].t <= REST_NS

    def gpu(self, name: str, indices: Collection[int], now: int) -> float | None:
        """A GPU series' mean over the window and these GPUs; None where one of them has no value at all."""
        return _mean(_columns([getattr(one, name) for one in self._window(GpuReading, now)], indices))

    def limited(self, word: str, indices: Collection[int], now: int) -> float | None:
        """The share of time, 0 to 1, in which the word was among what held a GPU's clock back: of the worst GPU."""
        rows = [
            tuple(None if limits is None else float(word in limits.split("+")) for limits in one.limits)
            for one in self._window(GpuReading, now)
        ]
        return max(_columns(rows, indices), default=None)

    def nvlink(self, index: int, now: int) -> float | None:
        """A GPU's NVLink traffic in its busier direction, bytes a second."""
        readings = self._window(LinkReading, now)
        return _busier([one.tx_bytes_per_s for one in readings], [one.rx_bytes_per_s for one in readings], index)

    def pcie(self, index: int, now: int) -> float | None:
        """The same over PCIe."""
        readings = self._window(GpuReading, now)
        sent, received = ([getattr(one, f"pcie_{way}_bytes_per_s") for one in readings] for way in ("tx", "rx"))
        return _busier(sent, received, index)

    def sent(self, kind: type[Reading], name: str, index: int, now: int) -> float | None:
        """What a GPU sent on average, in bytes a second, by that field of those readings."""
        return next(iter(_columns([getattr(one, name) for one in self._window(kind, now)], [index])), None)

    def cores(self, name: str, now: int) -> float | None:
        """Busy cores: `run_cpu_cores` of the run, `cpu_cores` of its host."""
        return _mean(getattr(one, name) for one in self._window(HostReading, now))

    def main_cpu_share(self, now: int) -> float | None:
        """The busiest rank's main thread's share of one core, with its autograd threads."""
        shares: dict[int, list[float]] = {}
        for reading in self._window(ThreadReading, now):
            for rank, share in self._launchers.shares(reading).items():
                shares.setdefault(rank, []).append(share)
        return max((sum(found) / len(found) for found in shares.values()), default=None)

    def recorder_share(self) -> float | None:
        """The recorder's own share of one core, over half a minute or what there is of it."""
        told = [(one.t, one.monitor_cpu_s) for one in self._held if isinstance(one, HostReading)]
        known = [(t, spent) for t, spent in told if spent is not None]
        if len(known) < 2 or known[-1][0] <= known[0][0] or known[-1][1] < known[0][1]:
            return None
        return (known[-1][1] - known[0][1]) / ((known[-1][0] - known[0][0]) / SECOND_NS)

    def _window(self, kind: type[Reading], now: int) -> list[Reading]:
        """The last ten seconds of training; of the clock where the program reports no steps."""
        found = [one for one in (self._trained if self._steps else self._held) if isinstance(one, kind)]
        newest = found[-1].t if found else 0
        patience_ns = REST_NS if self._steps else WINDOW_NS
        return [one for one in found if newest - one.t <= WINDOW_NS] if now - newest <= patience_ns else []


def _mean(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None


def _busier(sent: Sequence[Values], received: Sequence[Values], index: int) -> float | None:
    return max((value for rows in (sent, received) for value in _columns(rows, [index])), default=None)


def _columns(rows: Sequence[Values], indices: Collection[int]) -> list[float]:
    """Each GPU's mean over the rows; empty where one of them has no value at all."""
    means = [_mean(row[index] for row in rows if index < len(row)) for index in indices]
    known = [mean for mean in means if mean is not None]
    return known if len(known) == len(means) else []
