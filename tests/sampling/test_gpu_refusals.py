"""What the sampler makes of errors: one cell at most, remembered or tried again, never an exception and never a 0."""

from __future__ import annotations

from pathlib import Path

import pytest

from mlperf_tui.records import GpuReading
from tests.nvml.play import TICK, play, scenario

POWER = "nvmlDeviceGetPowerUsage"
UTILISATION = "nvmlDeviceGetUtilizationRates"
NOT_SUPPORTED, NO_PERMISSION, TIMEOUT, FUNCTION_NOT_FOUND, GPU_IS_LOST, VERSION, UNKNOWN = 3, 4, 10, 13, 15, 25, 999


@pytest.mark.parametrize("code", [NOT_SUPPORTED, NO_PERMISSION, FUNCTION_NOT_FOUND, VERSION])
def test_a_permanent_answer_is_remembered(nvml_dir: Path, tmp_path: Path, code: int) -> None:
    """One GPU's one value is unknown; that GPU is not asked for it again, the others each tick."""
    path = scenario(tmp_path / "refused", "eight-h100", f"refuse = {POWER} {code} 3")
    played = play(nvml_dir, path, *TICK * 5)
    for reading in played.readings:
        assert reading is not None
        assert [place for place, value in enumerate(reading.power_w) if value is None] == [3]
        assert None not in reading.temperature_c
    assert played.calls[POWER, 3] == 1
    assert played.calls[POWER, 2] == 5
    assert list(played.reasons("gpu.power_w")) == [3]


@pytest.mark.parametrize("code", [TIMEOUT, UNKNOWN])
def test_a_passing_answer_is_tried_again_after_growing_pauses(nvml_dir: Path, code: int) -> None:
    """Refused at 0 s, it is asked again at 1, 3, 7 and 15 s, and each second once it answers."""
    actions = ["read", f"refuse {POWER} {code} 0", *TICK * 16, f"refuse {POWER} 0 0", *TICK * 20]
    played = play(nvml_dir, "one-h100", *actions)
    values = [reading.power_w[0] for reading in played.readings if reading]
    assert values[1:17] == [None] * 16
    assert None not in values[33:]
    assert played.calls[POWER, 0] == 1 + 5 + (36 - 31)
    assert list(played.reasons("gpu.power_w")) == [None]


def test_a_lost_gpu_costs_its_cells_and_one_alarm(nvml_dir: Path) -> None:
    """From the third second on GPU 3 is unknown; the seven others have all their values."""
    played = play(nvml_dir, "one-lost", *TICK * 12, "close")
    for reading in played.readings[3:]:
        assert reading is not None
        for values in _columns(reading):
            assert values[3] is None
            assert None not in values[:3] + values[4:]
    assert played.link().tx_bytes_per_s[3] is None
    assert None not in played.link().tx_bytes_per_s[4:]
    [alarm] = played.alarms
    assert (alarm.kind, alarm.t) == ("gpu-lost", 3_000_000_000)
    assert alarm.text == "GPU 3 is lost: the driver no longer reaches it (the kernel's log says why)"
    assert played.reasons("gpu.power_w") == {3: "the GPU is lost"}
    assert played.calls[UTILISATION, 3] + played.calls["nvmlGpmSampleGet", 3] < 12


def test_a_gpu_lost_before_the_start(nvml_dir: Path, tmp_path: Path) -> None:
    """It keeps its place, and is looked for again."""
    path = scenario(tmp_path / "lost", "eight-h100", "lost = 0 0")
    played = play(nvml_dir, path, *TICK * 3)
    assert (played.infos[0].name, played.infos[0].uuid, played.infos[0].links) == ("unknown GPU", "", None)
    assert played.reading().power_w[0] is None
    assert None not in played.reading().power_w[1:]
    assert [alarm.kind for alarm in played.alarms] == ["gpu-lost"]


def test_a_counter_that_is_reset_gives_nothing(nvml_dir: Path) -> None:
    """Time that runs backwards in the library stands for a reset: None for that tick, then rates again."""
    played = play(nvml_dir, "v100", *TICK * 5, "pass -3000", *TICK * 3)
    assert None not in played.link(4).tx_bytes_per_s
    assert played.link(5).tx_bytes_per_s == (None,) * 4
    assert None not in played.link(6).tx_bytes_per_s


def test_a_rate_above_the_wire_is_no_rate(nvml_dir: Path, tmp_path: Path) -> None:
    """More than links × speed is an error of somebody's, in GPM as in the counters."""
    lines = ("gpus = 1", "still = 1", "link_rx_mib_s = 26000")
    by_gpm = play(nvml_dir, scenario(tmp_path / "gpm", "eight-h100", *lines), *TICK * 2)
    by_fields = play(nvml_dir, scenario(tmp_path / "kib", "v100", *lines), *TICK * 2)
    for played in (by_gpm, by_fields):
        assert played.link().tx_bytes_per_s != (None,)
        assert played.link().rx_bytes_per_s == (None,)


def test_gpm_waits_for_a_tenth_of_a_second(nvml_dir: Path) -> None:
    """Samples closer than that would make GPM say 0: the last values stand instead."""
    played = play(nvml_dir, "one-h100", "read", "pass 1000", "read", "pass 50", "read", "pass 50", "read", "close")
    shares = [reading.sm_pct[0] for reading in played.readings if reading]
    assert shares[0] is None
    assert shares[1] == shares[2]
    assert 0 not in shares
    assert played.calls["nvmlGpmSampleGet", 0] == 3


def test_gpm_without_links_moves_on_to_the_counters(nvml_dir: Path, tmp_path: Path) -> None:
    """A GPU whose GPM knows no NVLink is asked by fields; what the first rung lacked is no reason to tell."""
    path = scenario(tmp_path / "mixed", "eight-h100", "link_rung = kib")
    played = play(nvml_dir, path, *TICK * 5)
    assert played.rungs("link.tx_bytes_per_s") == ["fields 138/139"]
    assert None not in played.link().tx_bytes_per_s
    assert played.reasons("link.tx_bytes_per_s") == {}


def test_older_drivers_have_older_names(nvml_dir: Path, tmp_path: Path) -> None:
    """Temperature and clock reasons fall back to the calls that came before."""
    path = scenario(
        tmp_path / "old", "one-h100",
        "refuse = nvmlDeviceGetTemperatureV 13 -1", "refuse = nvmlDeviceGetCurrentClocksEventReasons 13 -1",
    )  # fmt: skip
    played = play(nvml_dir, path, *TICK * 2)
    assert played.rungs("gpu.temperature_c") == ["Temperature"]
    assert played.rungs("gpu.limits") == ["CurrentClocksThrottleReasons"]
    assert played.reading().limits == ("power",)


def test_all_refused_is_all_unknown(nvml_dir: Path, tmp_path: Path) -> None:
    """A driver that refuses everything makes a reading of nothing but unknowns."""
    path = scenario(
        tmp_path / "refused", "eight-h100",
        "refuse = nvmlDevice* 4 -1", "refuse = nvmlGpm* 4 -1", "refuse = nvmlDeviceGetCount_v2 0 -1",
    )  # fmt: skip
    played = play(nvml_dir, path, *TICK * 3, "close")
    assert all(set(values) == {None} for values in _columns(played.reading()))
    assert played.reasons("gpu.power_w") == {None: "no permission: it needs root"}


def test_energy_is_seldom_asked_for(nvml_dir: Path) -> None:
    """At first, every thirty seconds, and when the recorder wants it at the end."""
    played = play(nvml_dir, "one-h100", *TICK * 32, "read-energy", "close")
    known = [place for place, reading in enumerate(played.readings) if reading and reading.energy_j]
    assert known == [0, 30, 32]
    assert played.calls["nvmlDeviceGetTotalEnergyConsumption", 0] == 3


def test_an_xid_is_an_alarm(nvml_dir: Path) -> None:
    """It names the GPU, the number and what that stands for, once."""
    played = play(nvml_dir, "eight-h100", *TICK, "xid 5 79", *TICK, *TICK, "xid 2 9999", *TICK, "close")
    assert [(alarm.kind, alarm.text) for alarm in played.alarms] == [
        ("xid", "GPU 5: XID 79 (the GPU has fallen off the bus)"),
        ("xid", "GPU 2: XID 9999"),
    ]


def test_closing_gives_all_back(nvml_dir: Path) -> None:
    """No sample and no event set stays, a second close does no harm, and afterwards there are no GPUs."""
    played = play(nvml_dir, "eight-h100", *TICK * 3, "close", "close", *TICK)
    assert played.left == [0, 0, 0, 0]
    assert played.readings[-1] is None
    assert played.calls["nvmlShutdown", -1] == 1


def test_what_a_tick_asks(nvml_dir: Path) -> None:
    """The cost of a tick is its calls: nine a GPU at 1 Hz, of which none is slow."""
    short, long = (play(nvml_dir, "eight-h100", *TICK * ticks, "close") for ticks in (3, 9))
    more = {key: count - short.calls[key] for key, count in long.calls.items() if count > short.calls[key]}
    assert {name for name, gpu in more if gpu == 0} == {
        UTILISATION, POWER, "nvmlDeviceGetMemoryInfo_v2", "nvmlDeviceGetTemperatureV", "nvmlDeviceGetClockInfo",
        "nvmlDeviceGetCurrentClocksEventReasons", "nvmlGpmSampleGet", "nvmlGpmMetricsGet",
    }  # fmt: skip
    assert {count for (_, gpu), count in more.items() if gpu >= 0} == {6}


def _columns(reading: GpuReading) -> list[tuple[float | str | None, ...]]:
    return [
        reading.busy_pct, reading.sm_pct, reading.tensor_pct, reading.dram_pct, reading.memory_used_bytes,
        reading.power_w, reading.temperature_c, reading.clock_mhz, reading.pcie_tx_bytes_per_s,
        reading.pcie_rx_bytes_per_s, reading.limits,
    ]  # fmt: skip
