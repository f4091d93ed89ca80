"""The readings file, shared by all samplers of this recorder, and the last 64 KB of disk kept back for its end."""

from __future__ import annotations

import contextlib
import os
import threading
import time

from mlperf_tui.records import Alarm, Clock, Record
from mlperf_tui.session.folder import Folder
from mlperf_tui.session.log import Log
from mlperf_tui.steps.facts import boot_id, hostname

RESERVE_BYTES = 64 << 10


class Readings:
    """Writes whole lines from any thread. What a thread that was left behind writes after the end is dropped."""

    def __init__(self, folder: Folder) -> None:
        self._reserve = folder.reserve
        self._lock = threading.Lock()
        self._full = False
        self._closed = False
        self._keep_reserve()
        self._log = Log(folder.new_readings(hostname()), self._free_reserve)
        self.clock()

    @property
    def lost(self) -> int:
        """Lines that could not be written."""
        return self._log.lost

    def write(self, *records: Record) -> None:
        with self._lock:
            if not self._closed:
                self._log.write(*records)

    def clock(self) -> None:
        """Pair the monotonic clock with the wall clock."""
        self.write(Clock(time.monotonic_ns(), time.time_ns(), hostname(), boot_id()))

    def alarm(self, kind: str, text: str) -> None:
        self.write(Alarm(time.monotonic_ns(), kind, text))

    def tell_if_full(self) -> None:
        """The alarm of a full disk: it can be written since the reserve was given up for it."""
        if self._full:
            self._full = False
            self.alarm("disk-full", "the disk is full: readings are being lost, and so may be checkpoints")

    def close(self) -> None:
        with self._lock:
            self._closed = True
            self._log.close()
        self._reserve.unlink(missing_ok=True)

    def _keep_reserve(self) -> None:
        with contextlib.suppress(OSError):
            descriptor = os.open(self._reserve, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                os.posix_fallocate(descriptor, 0, RESERVE_BYTES)
            finally:
                os.close(descriptor)

    def _free_reserve(self) -> bool:
        if self._reserve.exists():
            self._reserve.unlink(missing_ok=True)
            self._full = True
            return True
        return False
