"""PCIe traffic: by GPM, else by the driver's counters, else by a call that measures for 20 ms, in a thread."""

from __future__ import annotations

import os
import threading
from collections.abc import Sequence

import pynvml

from mlperf_tui.sampling.gpu import fields
from mlperf_tui.sampling.gpu.device import Device
from mlperf_tui.sampling.gpu.door import Refusal
from mlperf_tui.sampling.gpu.gpm import PCIE_RX, PCIE_TX, Gpm
from mlperf_tui.sampling.gpu.units import KB, MIB, Counter, bytes_per_s

OFF = "MLPERF_TUI_NO_PCIE"
"""Set to 1, it keeps the slow call from being made."""
SERIES = ("gpu.pcie_tx_bytes_per_s", "gpu.pcie_rx_bytes_per_s")
PERIOD_S = 10.0

TOO_NARROW = Refusal(pynvml.NVML_ERROR_NOT_SUPPORTED, "its counter of 32 bits wraps within a tick")

Pair = tuple[float | None, float | None]
"""Sent and received, in bytes per second."""

_SLOW = "nvmlDeviceGetPcieThroughput"


class GpmPcie:
    """GPM's rates between the two samples that the tick took."""

    name = f"GPM {PCIE_TX}/{PCIE_RX}"
    needs = (f"GPM {PCIE_TX}", f"GPM {PCIE_RX}")

    def __init__(self, gpm: Gpm) -> None:
        self._gpm = gpm

    def refusal(self) -> Refusal | None:
        return self._gpm.refusal(PCIE_TX, PCIE_RX)

    def read(self) -> Pair:
        return _rate(self._gpm.value(PCIE_TX), MIB), _rate(self._gpm.value(PCIE_RX), MIB)


class CountedPcie:
    """The driver's counters in bytes, where they are wide enough: 32 bits wrap 13 times a second on a busy bus."""

    name = f"fields {fields.PCIE_BYTES_TX}/{fields.PCIE_BYTES_RX}"
    needs = (fields.field_name((fields.PCIE_BYTES_TX, 0)), fields.field_name((fields.PCIE_BYTES_RX, 0)))

    def __init__(self, device: Device) -> None:
        self._device = device
        self._counters = {(way, 0): Counter(1) for way in (fields.PCIE_BYTES_TX, fields.PCIE_BYTES_RX)}

    def refusal(self) -> Refusal | None:
        refusals = (self._device.refusal(name) for name in (fields.CALL, *self.needs))
        return next((refusal for refusal in refusals if refusal and refusal.is_permanent), None)

    def read(self) -> Pair:
        found = fields.read_fields(self._device, list(self._counters), self._device.door.clock)
        for field, count in found.items():
            if count.bits < 64:
                self._device.settle(fields.field_name(field), TOO_NARROW)
        tx, rx = (counter.rate(found[key]) if key in found else None for key, counter in self._counters.items())
        return tx, rx


class SlowPcie:
    """What the thread measured last, for one reading; between its rounds there is nothing to tell."""

    name = "PcieThroughput"
    needs = (_SLOW, _SLOW)

    def __init__(self, device: Device, rounds: Rounds) -> None:
        self._device = device
        self._rounds = rounds

    def refusal(self) -> Refusal | None:
        if self._rounds.is_off:
            return Refusal(pynvml.NVML_ERROR_NO_PERMISSION, f"switched off by {OFF}")
        refusal = self._device.refusal(_SLOW)
        return refusal if refusal and refusal.is_permanent else None

    def read(self) -> Pair:
        return self._rounds.take(self._device)


class Rounds:
    """One thread that makes the slow call for those GPUs that have nothing better: 40 ms each, every ten seconds."""

    def __init__(self) -> None:
        self.is_off = os.environ.get(OFF, "") not in {"", "0"}
        self._devices: dict[int, Device] = {}
        self._found: dict[int, Pair] = {}
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="pcie", daemon=True)

    def take(self, device: Device) -> Pair:
        """What was last measured and not yet taken; the first call puts the GPU on the list."""
        self._devices.setdefault(device.index, device)
        return self._found.pop(device.index, (None, None))

    def begin(self) -> None:
        """Start the rounds, once there is a GPU on the list."""
        if self._devices and self._thread.ident is None:
            self._thread.start()

    def measure(self) -> None:
        """One round."""
        for device in list(self._devices.values()):
            tx, rx = (
                device.ask(_SLOW, way) for way in (pynvml.NVML_PCIE_UTIL_TX_BYTES, pynvml.NVML_PCIE_UTIL_RX_BYTES)
            )
            self._found[device.index] = _rate(tx, KB), _rate(rx, KB)

    def close(self, patience_s: float) -> bool:
        """End the thread; whether it has ended."""
        self._over.set()
        if self._thread.is_alive():
            self._thread.join(patience_s)
        return not self._thread.is_alive()

    def _run(self) -> None:
        while not self._over.is_set():
            self.measure()
            self._over.wait(PERIOD_S)


PcieRung = GpmPcie | CountedPcie | SlowPcie


def pcie_rungs(device: Device, gpm: Gpm, rounds: Rounds) -> Sequence[PcieRung]:
    """All rungs, best first."""
    return GpmPcie(gpm), CountedPcie(device), SlowPcie(device, rounds)


def _rate(value: float | None, unit_bytes: int) -> int | None:
    return None if value is None else bytes_per_s(value, unit_bytes)
