"""Writes to the terminal on a thread of its own, so that a slow one, or one that is gone, holds up nothing else."""

from __future__ import annotations

import os
from threading import Condition, Thread

STOP_WITHIN_S = 10.0


class Writer(Thread):
    """Takes bytes at once and writes them in order. What can't be written any more is dropped: `lost` is then true."""

    def __init__(self, descriptor: int) -> None:
        super().__init__(daemon=True, name="mlperf-tui-writer")
        self._descriptor = descriptor
        self._pending = bytearray()
        self._change = Condition()
        self._busy = False
        self._ending = False
        self.lost = False
        self.bytes_written = 0

    @property
    def idle(self) -> bool:
        """Whether all has been handed to the kernel."""
        with self._change:
            return not self._pending and not self._busy

    def put(self, data: bytes) -> None:
        """Write this, some time. Never blocks."""
        with self._change:
            if not self.lost:
                self._pending += data
            self._change.notify()

    def run(self) -> None:
        while data := self._next():
            self._write(data)

    def stop(self) -> None:
        """Write what is pending and end; a terminal that takes nothing any more isn't waited for."""
        with self._change:
            self._ending = True
            self._change.notify()
        self.join(STOP_WITHIN_S)

    def _next(self) -> bytes:
        with self._change:
            self._busy = False
            self._change.wait_for(lambda: self._pending or self._ending)
            data, self._pending = bytes(self._pending), bytearray()
            self._busy = bool(data)
            return data

    def _write(self, data: bytes) -> None:
        try:
            while data:
                written = os.write(self._descriptor, data)
                self.bytes_written += written
                data = data[written:]
        except OSError:
            self.lost = True
