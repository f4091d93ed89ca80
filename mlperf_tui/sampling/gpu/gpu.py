"""Everything about one GPU, put together: each reading as a row of named values."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mlperf_tui.records import GpuInfo
from mlperf_tui.sampling.gpu import gpm, links, pcie
from mlperf_tui.sampling.gpu.cells import ENERGY, EVERY_TICK
from mlperf_tui.sampling.gpu.device import Device
from mlperf_tui.sampling.gpu.gpm import Gpm
from mlperf_tui.sampling.gpu.ladder import Ladder
from mlperf_tui.sampling.gpu.links import LinkRung, Traffic, link_rungs
from mlperf_tui.sampling.gpu.pcie import PcieRung, Rounds, pcie_rungs
from mlperf_tui.sampling.gpu.wires import find_wires, refusal_of_links

RATE = "bytes/s"


class Gpu:
    """One GPU. `row` and `traffic` may be called from two threads."""

    def __init__(self, device: Device, rounds: Rounds, driver: str | None, clock: Callable[[], int]) -> None:
        self._device = device
        self._wires = find_wires(device, clock)
        metrics = [metric for _, metric in gpm.SHARES] + [gpm.PCIE_TX, gpm.PCIE_RX]
        if self._wires.ids:
            metrics += [gpm.LINKS_TX, gpm.LINKS_RX]
        self._gpm = Gpm(device, metrics, clock)
        self._pcie: Ladder[PcieRung] = Ladder(pcie_rungs(device, self._gpm, rounds))
        self._links: Ladder[LinkRung] = Ladder(link_rungs(device, self._gpm, self._wires))
        self.info = self._info(driver)

    @property
    def has_links(self) -> bool:
        return bool(self._wires.ids)

    def row(self, with_energy: bool) -> dict[str, Any]:
        """The fields of GpuReading by name; energy only if asked for, since it takes 4 ms."""
        self._gpm.advance()
        tx, rx = self._pcie_rates()
        return {
            **{cell.name: cell.read(self._device) for cell in EVERY_TICK},
            **self._gpm.shares(),
            "pcie_tx_bytes_per_s": tx,
            "pcie_rx_bytes_per_s": rx,
            "energy_j": ENERGY.read(self._device) if with_energy else None,
        }

    def traffic(self, with_each: bool) -> Traffic:
        """NVLink traffic now; with_each: also by link."""
        if not self.has_links:
            self.explain_no_links()
            return Traffic()
        rung = self._links.current()
        if rung is None:
            self._say_unavailable(links.SERIES, self._links.why_none())
            return Traffic()
        traffic = rung.read(with_each)
        self._tell(links.SERIES, (traffic.tx, traffic.rx), rung.name)
        if (traffic.tx is None or traffic.rx is None) and self._links.current() is rung:
            rung.explain()
        return traffic

    def explain_no_links(self) -> None:
        """Leave a note, where nobody will ask for traffic."""
        refusal = refusal_of_links(self._device)
        reason = f"no NVLink: {refusal.reason}" if refusal else "no NVLink is up on this GPU"
        self._say_unavailable(links.SERIES, reason)

    def close(self) -> None:
        """Give back what NVML lent."""
        self._gpm.close()

    def _pcie_rates(self) -> pcie.Pair:
        rung = self._pcie.current()
        if rung is None:
            self._say_unavailable(pcie.SERIES, self._pcie.why_none())
            return None, None
        pair = rung.read()
        self._tell(pcie.SERIES, pair, rung.name)
        if self._pcie.current() is not rung:  # it was refused just now: the next tick takes the next one
            return pair
        for series, value, name in zip(pcie.SERIES, pair, rung.needs, strict=True):
            if value is None:
                self._device.explain(series, name)
        return pair

    def _tell(self, names: tuple[str, str], values: tuple[float | None, float | None], rung: str) -> None:
        for series, value in zip(names, values, strict=True):
            if value is not None:
                self._device.notes.source(series, rung, RATE)

    def _say_unavailable(self, names: tuple[str, str], reason: str) -> None:
        for series in names:
            self._device.notes.unavailable(series, reason, self._device.index)

    def _info(self, driver: str | None) -> GpuInfo:
        count = len(self._wires.ids)
        is_unknown = count == 0 and refusal_of_links(self._device) is not None
        return self._device.info(driver, None if is_unknown else count, self._wires.bytes_per_s)
