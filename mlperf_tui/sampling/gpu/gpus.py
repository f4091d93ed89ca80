"""All GPUs of this machine as the recorder sees them: readings, notes and alarms; nothing here ever raises."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection
from typing import Any

from mlperf_tui.records import Alarm, GpuInfo, GpuReading, LinkReading, Source, Unavailable
from mlperf_tui.sampling.gpu.device import Device
from mlperf_tui.sampling.gpu.door import Door
from mlperf_tui.sampling.gpu.events import Xids
from mlperf_tui.sampling.gpu.gpu import Gpu
from mlperf_tui.sampling.gpu.library import close_library, driver_version, find_devices, open_library
from mlperf_tui.sampling.gpu.notes import Notes
from mlperf_tui.sampling.gpu.pcie import Rounds
from mlperf_tui.sampling.gpu.topology import Topology, find_topology
from mlperf_tui.sampling.gpu.words import lost_in_words, xid_in_words

ENERGY_PERIOD_NS = 30_000_000_000
EACH_LINK_EVERY = 60
"""A link by itself seldom says more than all together, and eight GPUs have 144."""

FLOWING = 5
"""After so many readings of traffic each link is read once: a short run would end before its turn comes."""

PATIENCE_S = 1.0


class Gpus:
    """The GPUs that NVML shows: all, or those `wanted` by index or UUID. Arrays in readings follow `infos`.

    `read`, `links` and `close` may be called from threads of their own; `links` tells of the sample that `read` took.
    """

    infos: tuple[GpuInfo, ...] = ()

    def __init__(self, wanted: Collection[str] | None = None, *, clock: Callable[[], int] = time.monotonic_ns) -> None:
        self._clock = clock
        self._notes = Notes()
        self._door = Door(clock)
        self._rounds = Rounds()
        self._reading, self._linking = threading.Lock(), threading.Lock()
        self._energy_ns: int | None = None
        self._link_readings = 0
        self._flowing = 0
        self._alarmed: set[int] = set()
        self._devices: tuple[Device, ...] = ()
        self._gpus: tuple[Gpu, ...] = ()
        self._xids: Xids | None = None
        self._is_open = open_library(self._notes)
        if self._is_open:
            self._find(wanted)

    def read(self, *, with_energy: bool = False) -> GpuReading | None:
        """One tick over all GPUs; None with none. Energy comes every thirty seconds, and when asked for."""
        with self._reading:
            if not self._gpus:
                return None
            now = self._clock()
            is_due = self._energy_ns is None or now - self._energy_ns >= ENERGY_PERIOD_NS
            if is_due or with_energy:
                self._energy_ns = now
            rows = [gpu.row(is_due or with_energy) for gpu in self._gpus]
            self._rounds.begin()
            columns = _columns(rows)
            return GpuReading(t=now, **(columns if is_due or with_energy else {**columns, "energy_j": ()}))

    def links(self) -> LinkReading | None:
        """NVLink traffic, each sixtieth time also by link, and soon after the first of it; None without any link."""
        with self._linking:
            if not any(gpu.has_links for gpu in self._gpus):
                return None
            # GPM has its first pair of samples at the second reading.
            flowed = self._flowing == FLOWING
            with_each = flowed or self._link_readings % EACH_LINK_EVERY == 1
            self._link_readings += 1
            now = self._clock()
            traffic = [gpu.traffic(with_each) for gpu in self._gpus]
            flows = any(one.tx for one in traffic)
            self._flowing = FLOWING + 1 if flowed or (flows and with_each) else self._flowing + flows
            return LinkReading(
                t=now,
                tx_bytes_per_s=tuple(one.tx for one in traffic),
                rx_bytes_per_s=tuple(one.rx for one in traffic),
                link_tx_bytes_per_s=tuple(one.each_tx for one in traffic) if with_each else (),
                link_rx_bytes_per_s=tuple(one.each_rx for one in traffic) if with_each else (),
            )

    def notes(self) -> list[Source | Unavailable]:
        """New notes since the last call, each said once; `index` is a GpuInfo's, None for all GPUs."""
        return self._notes.take()

    def alarms(self) -> list[Alarm]:
        """New alarms: `gpu-lost`, once a GPU, and `xid`."""
        lost = {gpu: t for gpu, t in list(self._door.lost.items()) if gpu not in self._alarmed}
        self._alarmed |= lost.keys()
        alarms = [Alarm(t, "gpu-lost", lost_in_words(gpu)) for gpu, t in sorted(lost.items())]
        now = self._clock()
        xids = self._xids.new() if self._xids else []
        return alarms + [Alarm(now, "xid", xid_in_words(gpu, xid)) for gpu, xid in xids]

    def topology(self) -> Topology:
        """Where the GPUs sit, how they are set, and the ways between them. The recorder never asks it."""
        with self._reading:
            return find_topology(self._devices)

    def close(self) -> None:
        """Give all back to NVML; where a call hangs, leave it to the process's end."""
        locks = [lock for lock in (self._reading, self._linking) if lock.acquire(timeout=PATIENCE_S)]
        try:
            if self._rounds.close(PATIENCE_S) and len(locks) == 2 and self._is_open:
                self._give_back()
        finally:
            for lock in locks:
                lock.release()

    def _find(self, wanted: Collection[str] | None) -> None:
        self._devices = devices = find_devices(self._door, self._notes, wanted)
        self._notes.gpus = frozenset(device.index for device in devices)
        driver = driver_version()
        self._gpus = tuple(Gpu(device, self._rounds, driver, self._clock) for device in devices)
        self.infos = tuple(gpu.info for gpu in self._gpus)
        self._xids = Xids(devices, self._notes)
        for gpu in self._gpus:
            if not gpu.has_links:
                gpu.explain_no_links()

    def _give_back(self) -> None:
        for gpu in self._gpus:
            gpu.close()
        if self._xids:
            self._xids.close()
        self._devices, self._gpus, self._xids, self._is_open = (), (), None, False
        close_library()


def _columns(rows: list[dict[str, Any]]) -> dict[str, tuple[Any, ...]]:
    """A column a field from a row a GPU."""
    return {name: tuple(row[name] for row in rows) for name in rows[0]}
