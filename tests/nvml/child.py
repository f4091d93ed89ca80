"""The child process of `play`: opens the GPUs, does what it is told with a clock of its own, prints what came back."""

from __future__ import annotations

import ctypes
import json
import sys
import time
from collections.abc import Callable
from typing import Any

from mlperf_tui.records import GpuReading, encode
from mlperf_tui.sampling.gpu import Gpus

PATIENCE_S = 20.0


class Child:
    """Time stands still until told to pass, for the library and for the sampler alike."""

    def __init__(self, fake: ctypes.CDLL | None, wanted: list[str] | None) -> None:
        self._now_ms = 0
        self._fake = fake
        self._pass("0")
        self._gpus = Gpus(wanted, clock=lambda: self._now_ms * 1_000_000)
        self._say("info", self._gpus.infos)

    def do(self, action: str) -> None:
        """An action and its arguments, all in one string."""
        name, *args = action.split()
        actions: dict[str, Callable[..., None]] = {
            "read": lambda: self._say("read", [self._gpus.read()]),
            "read-energy": lambda: self._say("read", [self._gpus.read(with_energy=True)]),
            "read-until-pcie": self._read_until_pcie,
            "links": lambda: self._say("links", [self._gpus.links()]),
            "notes": lambda: self._say("notes", self._gpus.notes()),
            "alarms": lambda: self._say("alarms", self._gpus.alarms()),
            "pass": self._pass,
            "refuse": self._refuse,
            "xid": self._xid,
            "close": self._close,
        }
        actions[name](*args)

    def _say(self, what: str, records: Any) -> None:
        print(json.dumps([what, [record and encode(record) for record in records]]))

    def _pass(self, ms: str) -> None:
        self._now_ms += int(ms)
        if self._fake:
            self._fake.fakeNvmlSetTime(ctypes.c_longlong(self._now_ms))

    def _refuse(self, call: str, code: str, gpu: str = "-1") -> None:
        assert self._fake
        self._fake.fakeNvmlRefuse(call.encode(), int(code), int(gpu))

    def _xid(self, gpu: str, xid: str) -> None:
        assert self._fake
        self._fake.fakeNvmlPostXid(int(gpu), ctypes.c_ulonglong(int(xid)))

    def _read_until_pcie(self) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            reading = self._gpus.read()
            if isinstance(reading, GpuReading) and None not in reading.pcie_rx_bytes_per_s:
                self._say("read", [reading])
                return
            time.sleep(0.01)

    def _close(self) -> None:
        self._gpus.close()
        if self._fake:
            print(json.dumps(["left", [self._fake.fakeNvmlLiveSamples(), self._fake.fakeNvmlLiveSets()]]))


def main() -> None:
    """Arguments: as JSON, whether the pretended library is there, which GPUs are wanted, and the actions."""
    has_fake, wanted, actions = json.loads(sys.argv[1])
    child = Child(ctypes.CDLL("libnvidia-ml.so.1") if has_fake else None, wanted)
    for action in actions:
        child.do(action)


if __name__ == "__main__":
    main()
