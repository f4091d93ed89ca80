"""What NVLink carries, by a ladder of sources."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mlperf_tui.records import Values
from mlperf_tui.sampling.gpu import fields
from mlperf_tui.sampling.gpu.device import Device
from mlperf_tui.sampling.gpu.door import Refusal
from mlperf_tui.sampling.gpu.fields import ALL_LINKS, Field, read_fields
from mlperf_tui.sampling.gpu.gpm import LINKS_RX, LINKS_TX, Gpm, link_metrics
from mlperf_tui.sampling.gpu.units import KIB, Counter, bytes_per_s
from mlperf_tui.sampling.gpu.wires import Wires

GPM_UNIT_BYTES = 1000 * KIB
"""What GPM calls MiB/s of NVLink, measured: between two H200s (driver 580, links of GPM 60 and 61) copies and
all-reduces of known size read 1.0235 times their bytes as MiB/s and 0.9995 times as thousands of KiB/s, where the
counters of fields 138/139 read 1.000 times as KiB."""

SERIES = ("link.tx_bytes_per_s", "link.rx_bytes_per_s")


@dataclass(frozen=True, slots=True)
class Traffic:
    """A GPU's NVLink traffic in bytes per second: of all links, and of each (empty where not asked for)."""

    tx: float | None = None
    rx: float | None = None
    each_tx: Values = ()
    each_rx: Values = ()


class GpmLinks:
    """The first rung: GPM's rates between the two samples that the tick took."""

    name = "GPM"

    def __init__(self, gpm: Gpm, wires: Wires) -> None:
        self._gpm = gpm
        self._wires = wires
        self._pairs = [link_metrics(link) for link in wires.ids]

    def refusal(self) -> Refusal | None:
        return self._gpm.refusal(LINKS_TX, LINKS_RX)

    def read(self, with_each: bool) -> Traffic:
        """Now; with_each: also by link."""
        cap = self._wires.cap(len(self._wires.ids))
        tx, rx = (_rate(self._gpm.value(metric), cap) for metric in (LINKS_TX, LINKS_RX))
        if not with_each:
            return Traffic(tx, rx)
        found = self._gpm.more([metric for pair in self._pairs for metric in pair])
        each_cap = self._wires.cap(1)
        each_tx, each_rx = (tuple(_rate(found.get(pair[way]), each_cap) for pair in self._pairs) for way in (0, 1))
        return Traffic(tx, rx, each_tx, each_rx)

    def explain(self) -> None:
        for series, metric in zip(SERIES, (LINKS_TX, LINKS_RX), strict=True):
            self._gpm.explain(series, metric)


class CountedLinks:
    """The lower rungs: counters in fields, of all links together where the field has that, else link by link."""

    def __init__(self, device: Device, wires: Wires, ways: tuple[int, int], unit_bytes: int, has_sum: bool) -> None:
        self.name = f"fields {ways[0]}/{ways[1]}"
        self._device = device
        self._clock = device.door.clock
        self._has_sum = has_sum
        self._each: list[list[Field]] = [[(way, link) for link in wires.ids] for way in ways]
        self._totals: list[Field] = [(way, ALL_LINKS) for way in ways]
        self._counters = {field: Counter(unit_bytes, wires.cap(1)) for way in self._each for field in way}
        self._counters |= {field: Counter(unit_bytes, wires.cap(len(wires.ids))) for field in self._totals}

    def refusal(self) -> Refusal | None:
        refusals = (self._device.refusal(name) for name in (fields.CALL, *map(fields.field_name, self._needed())))
        return next((refusal for refusal in refusals if refusal and refusal.is_permanent), None)

    def read(self, with_each: bool) -> Traffic:
        """Since the last reading; with_each: also by link, since the last time that was asked for."""
        every = [field for way in self._each for field in way]
        wanted = [*(self._totals if self._has_sum else []), *(every if with_each or not self._has_sum else [])]
        found = read_fields(self._device, wanted, self._clock)
        rates = {field: self._counters[field].rate(count) for field, count in found.items()}
        each_tx, each_rx = (tuple(rates.get(field) for field in way) for way in self._each)
        if self._has_sum:
            totals: list[float | None] = [rates.get(field) for field in self._totals]
        else:
            totals = [total(each_tx), total(each_rx)]
        return Traffic(totals[0], totals[1], each_tx, each_rx) if with_each else Traffic(totals[0], totals[1])

    def explain(self) -> None:
        for series, field in zip(SERIES, self._needed(), strict=True):
            self._device.explain(series, fields.CALL)
            self._device.explain(series, fields.field_name(field))

    def _needed(self) -> list[Field]:
        """A field each way that must answer for this rung to be of use."""
        return self._totals if self._has_sum else [way[0] for way in self._each]


LinkRung = GpmLinks | CountedLinks


def link_rungs(device: Device, gpm: Gpm, wires: Wires) -> Sequence[LinkRung]:
    """All rungs, best first."""
    return (
        GpmLinks(gpm, wires),
        CountedLinks(device, wires, (fields.LINK_KIB_TX, fields.LINK_KIB_RX), KIB, has_sum=True),
        CountedLinks(device, wires, (fields.LINK_BYTES_TX, fields.LINK_BYTES_RX), 1, has_sum=False),
    )


def total(each: Values) -> float | None:
    """All links together; unknown if one is."""
    known = [rate for rate in each if rate is not None]
    return sum(known) if each and len(known) == len(each) else None


def _rate(per_s: float | None, cap: float | None) -> int | None:
    return None if per_s is None else bytes_per_s(per_s, GPM_UNIT_BYTES, cap)
