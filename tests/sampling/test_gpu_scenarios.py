"""Each kind of machine: what the sampler reads there, from where, and what it says it cannot know."""

from __future__ import annotations

from ctypes.util import find_library
from pathlib import Path

import pytest

from mlperf_tui.records import Unavailable
from tests.nvml.play import TICK, play, scenario

MIB = 1024 * 1024
SHARES = ("gpu.sm_pct", "gpu.tensor_pct", "gpu.dram_pct")


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("none", "the NVIDIA driver is not loaded: run nvidia-smi as root, or reboot"),
        ("mismatch", "the NVIDIA driver and its library differ in version: reboot or reload the driver"),
        ("no-gpus", "the NVIDIA driver is here, but it shows no GPU: check CUDA's and the container's settings"),
    ],
)
def test_without_gpus_one_sentence_says_why(nvml_dir: Path, name: str, sentence: str) -> None:
    """No readings, no alarms, no exception, and the reason once."""
    played = play(nvml_dir, name, *TICK, *TICK, "close")
    assert played.infos == []
    assert played.readings == [None, None]
    assert played.links == [None, None]
    assert played.notes == [Unavailable("gpu", sentence)]
    assert played.alarms == []


@pytest.mark.skipif(find_library("nvidia-ml") is not None, reason="this machine has the real library")
def test_without_the_library_there_is_no_driver() -> None:
    """A machine that never saw an NVIDIA driver."""
    played = play(None, "none", *TICK, "close", LD_LIBRARY_PATH="")
    assert played.notes == [Unavailable("gpu", "no NVIDIA driver here")]


def test_one_h100(nvml_dir: Path, tmp_path: Path) -> None:
    """All series but the links', which this machine has none of."""
    still = scenario(tmp_path / "still", "one-h100", "still = 1")
    played = play(nvml_dir, still, *TICK, *TICK, "close")
    [info] = played.infos
    assert (info.index, info.name, info.driver) == (0, "NVIDIA H100 80GB HBM3", "580.159.04")
    assert (info.memory_total_bytes, info.power_limit_w, info.clock_max_mhz) == (81559 * MIB, 700.0, 1980)
    assert (info.links, info.link_bytes_per_s) == (None, None)
    first, second = played.reading(0), played.reading(1)
    assert (first.busy_pct, first.memory_used_bytes, first.power_w) == ((99,), (72704 * MIB,), (698.0,))
    assert (first.temperature_c, first.clock_mhz, first.limits) == ((63,), (1755,), ("power",))
    assert (first.sm_pct, first.pcie_tx_bytes_per_s) == ((None,), (None,))
    assert (second.sm_pct, second.tensor_pct, second.dram_pct) == ((95,), (61,), (45,))
    assert (second.pcie_tx_bytes_per_s, second.pcie_rx_bytes_per_s) == ((900 * MIB,), (3100 * MIB,))
    assert second.t - first.t == 1_000_000_000
    assert played.links == [None, None]
    assert played.reasons("link.tx_bytes_per_s") == {None: "no NVLink: not supported by this GPU"}
    assert played.rungs("gpu.pcie_tx_bytes_per_s") == ["GPM 20/21"]
    assert played.rungs("gpu.power_w") == ["PowerUsage"]


def test_eight_h100_by_gpm(nvml_dir: Path, tmp_path: Path) -> None:
    """Link totals each tick, in bytes per second from thousands of KiB; by link at the second and then each minute."""
    still = scenario(tmp_path / "still", "eight-h100", "still = 1")
    played = play(nvml_dir, still, *TICK * 63, "close")
    assert [info.links for info in played.infos] == [18] * 8
    assert {info.link_bytes_per_s for info in played.infos} == {26_562e6}
    assert played.link(0).tx_bytes_per_s == (None,) * 8
    second = played.link(1)
    assert second.tx_bytes_per_s == (5950 * 18 * 1000 * 1024,) * 8
    assert second.rx_bytes_per_s == (5930 * 18 * 1000 * 1024,) * 8
    assert [len(each) for each in second.link_tx_bytes_per_s] == [18] * 8
    assert second.link_tx_bytes_per_s[0][0] == round(5950 * (1 - 0.002 * 8.5) * 1000 * 1024)
    assert second.link_rx_bytes_per_s[7][17] == round(5930 * (1 + 0.002 * 8.5) * 1000 * 1024)
    assert [place for place, link in enumerate(played.links) if link and link.link_tx_bytes_per_s] == [1, 61]
    assert played.rungs("link.tx_bytes_per_s") == ["GPM"]
    assert played.alarms == []


def test_each_link_is_read_soon_after_the_first_traffic(nvml_dir: Path, tmp_path: Path) -> None:
    """After five readings of it, and once: a run of some seconds would end before the minute's turn comes."""
    still = scenario(tmp_path / "still", "eight-h100", "still = 1", "gpus = 2", "link_idle_ms = 10000")
    links = play(nvml_dir, still, *TICK * 63, "close").links
    first = next(place for place, link in enumerate(links) if link and any(link.tx_bytes_per_s))
    assert 5 < first < 15
    by_link = [place for place, link in enumerate(links) if link and link.link_tx_bytes_per_s]
    assert by_link == [1, first + 5, 61]


def test_the_eight_live(nvml_dir: Path) -> None:
    """The GPUs differ from each other and move with time, as a screen needs."""
    played = play(nvml_dir, "eight-h100", *TICK * 4)
    assert len(set(played.reading().power_w)) > 4
    assert len({reading.sm_pct for reading in played.readings if reading}) == 4


def test_v100_by_counters(nvml_dir: Path, tmp_path: Path) -> None:
    """Links by fields 138/139, whose KiB become bytes; PCIe by the slow call; no GPM before Hopper."""
    still = scenario(tmp_path / "still", "v100", "still = 1")
    played = play(nvml_dir, still, *TICK * 2, "read-until-pcie", *TICK * 60, "close")
    rates = played.link(5).tx_bytes_per_s
    assert rates == pytest.approx((4100 * 6 * MIB,) * 4, abs=1024)
    assert played.link(61).link_rx_bytes_per_s[0][0] == pytest.approx(4050 * (1 - 0.002 * 2.5) * MIB, abs=1024)
    assert played.link(61).link_rx_bytes_per_s[3][5] == pytest.approx(4050 * (1 + 0.002 * 2.5) * MIB, abs=1024)
    assert played.rungs("link.rx_bytes_per_s") == ["fields 138/139"]
    assert [played.reasons(series) for series in SHARES] == [{None: "GPM needs Hopper or newer"}] * 3
    assert played.rungs("gpu.pcie_tx_bytes_per_s") == ["PcieThroughput"]
    assert played.reasons("gpu.pcie_tx_bytes_per_s") == {}
    assert played.reading(2).pcie_rx_bytes_per_s == pytest.approx((1800 * MIB,) * 4, abs=1000)


def test_newest_links_by_bytes(nvml_dir: Path, tmp_path: Path) -> None:
    """Fields 202/204 have no sum: a GPU's total is that of its links."""
    still = scenario(tmp_path / "still", "eight-h100", "still = 1", "gpus = 2", "gpm = 0", "link_rung = bytes")
    played = play(nvml_dir, still, *TICK * 4)
    assert played.link(3).tx_bytes_per_s == pytest.approx((5950 * 18 * MIB,) * 2, abs=18)
    assert played.rungs("link.tx_bytes_per_s") == ["fields 202/204"]


def test_links_that_nobody_tells_of(nvml_dir: Path, tmp_path: Path) -> None:
    """Where no rung answers the reason names each."""
    mute = scenario(tmp_path / "mute", "eight-h100", "gpm = 0", "link_rung = none")
    played = play(nvml_dir, mute, *TICK * 4)
    assert played.link().tx_bytes_per_s == (None,) * 8
    assert played.reasons("link.tx_bytes_per_s")[None] == (
        "GPM: GPM needs Hopper or newer; fields 138/139: not supported by this GPU; "
        "fields 202/204: not supported by this GPU"
    )


def test_a10_has_no_links_and_a_narrow_pcie_counter(nvml_dir: Path) -> None:
    """A counter of 32 bits wraps within a tick, so the slow call takes its place."""
    played = play(nvml_dir, "no-nvlink-a10", *TICK * 2, "read-until-pcie", "notes", "close")
    assert played.links == [None, None]
    assert played.reading(0).limits == ("power+thermal",) * 2
    assert played.rungs("gpu.pcie_rx_bytes_per_s") == ["PcieThroughput"]
    assert played.calls["nvmlDeviceGetFieldValues", 0] == 2


def test_pcie_by_a_wide_counter(nvml_dir: Path, tmp_path: Path) -> None:
    """Where the driver counts bytes in 64 bits, no slow call is made."""
    wide = scenario(tmp_path / "wide", "no-nvlink-a10", "still = 1", "pcie_fields = 64")
    played = play(nvml_dir, wide, *TICK * 2, "close")
    assert played.reading().pcie_rx_bytes_per_s == (1500 * MIB,) * 2
    assert played.rungs("gpu.pcie_rx_bytes_per_s") == ["fields 197/198"]
    assert played.calls["nvmlDeviceGetPcieThroughput", 0] == 0


def test_pcie_can_be_switched_off(nvml_dir: Path) -> None:
    """The slow call is never made, and the reason says who forbade it."""
    played = play(nvml_dir, "v100", *TICK * 3, "close", MLPERF_TUI_NO_PCIE="1")
    assert played.calls["nvmlDeviceGetPcieThroughput", 0] == 0
    assert "switched off by MLPERF_TUI_NO_PCIE" in played.reasons("gpu.pcie_tx_bytes_per_s")[None]


def test_mig_is_unknown_and_not_idle(nvml_dir: Path) -> None:
    """A GPU cut into slices has no utilisation as a whole: None and a reason, never 0."""
    played = play(nvml_dir, "mig", *TICK * 2)
    assert played.reading().busy_pct == (None,)
    assert played.reasons("gpu.busy_pct") == {None: "not supported while MIG is on"}
    assert played.reading().sm_pct != (None,)


@pytest.mark.parametrize("wanted", [["2", "5"], ["GPU-00000002-fa4e", "GPU-00000005"]])
def test_only_the_wanted(nvml_dir: Path, wanted: list[str]) -> None:
    """By index or by the beginning of the UUID; arrays follow the infos."""
    played = play(nvml_dir, "eight-h100", *TICK, wanted=wanted)
    assert [info.index for info in played.infos] == [2, 5]
    assert len(played.reading().power_w) == 2
    assert played.calls["nvmlDeviceGetPowerUsage", 0] == 0


def test_a_wanted_gpu_that_is_not_there(nvml_dir: Path) -> None:
    """It is named in a note."""
    played = play(nvml_dir, "one-h100", *TICK, wanted=["0", "7"])
    assert len(played.infos) == 1
    assert Unavailable("gpu", "there is no GPU 7 here") in played.notes
