"""The links' fold: NVLink where there is any, else PCIe, else why neither."""

from __future__ import annotations

import pytest

from mlperf_tui.records import GpuInfo, GpuReading, LinkReading, Source, Unavailable
from mlperf_tui.viewer.links import Links
from mlperf_tui.viewer.notes import Notes
from mlperf_tui.viewer.recent import Recent

S = 1_000_000_000
INFO = GpuInfo(0, "GPU-0", "H100", links=18, link_bytes_per_s=26.562e9, pcie_bytes_per_s=63e9)


def links(*notes: object, recent: Recent | None = None) -> Links:
    found = Notes()
    for note in (INFO, *notes):
        found.add(note)
    return Links(found, recent or Recent())


def test_nvlink_with_its_ceiling_and_what_a_step_moves() -> None:
    """All links of a GPU in one direction; a step's bytes from its time, and from what was sent by and by."""
    reading = LinkReading(5 * S, (112e9, None), (111e9, 1e9))
    recent = Recent()
    fold = links(Source("link.tx_bytes_per_s", "GPM", "bytes/s"), recent=recent)
    for each in (LinkReading(4 * S, (56e9, None)), reading):
        fold.add(each)
        recent.add(each)
    found = fold.now(6 * S, reading, None, 0.05)
    first, second = found.gpus
    assert (found.kind, found.rung) == ("NVLink", "GPM")
    assert first.ceiling_bytes_per_s == pytest.approx(18 * 26.562e9)
    assert first.bytes_per_step == pytest.approx(4.2e9)
    assert first.traffic.cells(1, 1) == [223e9]
    assert (second.tx_bytes_per_s, second.ceiling_bytes_per_s, second.bytes_per_step) == (None, None, None)


def test_link_by_link_stays_until_it_is_read_again() -> None:
    """It comes once a minute only; after two it is too old."""
    each = LinkReading(5 * S, (3.0,), (3.0,), ((1.0, 2.0),), ((2.0, None),))
    later = LinkReading(12 * S, (4.0,), (4.0,))
    fold = links()
    fold.add(each)
    fold.add(later)
    assert fold.now(13 * S, later, None, None).gpus[0].by_link == ((1.0, 2.0), (2.0, None))
    assert fold.now(140 * S, later, None, None).gpus[0].by_link == ()


def test_pcie_where_there_is_no_nvlink() -> None:
    """With the reason why, and the slot's own ceiling."""
    reading = GpuReading(5 * S, busy_pct=(9.0,), pcie_tx_bytes_per_s=(5e8,), pcie_rx_bytes_per_s=(1e9,))
    fold = links(Unavailable("link.tx_bytes_per_s", "no NVLink: not supported"))
    fold.add(reading)
    found = fold.now(6 * S, None, reading, None)
    assert (found.kind, found.reason) == ("PCIe", "no NVLink: not supported")
    assert found.gpus[0].ceiling_bytes_per_s == 63e9
    assert (found.gpus[0].tx_bytes_per_s, found.gpus[0].rx_bytes_per_s) == (5e8, 1e9)


def test_neither_is_one_reason() -> None:
    """And no numbers."""
    found = links(Unavailable("link.tx_bytes_per_s", "no NVLink: not supported")).now(S, None, None, None)
    assert (found.gpus, found.reason) == ((), "no NVLink: not supported")
