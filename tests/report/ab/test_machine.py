"""Readings within spans of time: whole seconds only, all GPUs or none."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlperf_tui.records import GpuReading, HostReading
from mlperf_tui.report.ab.machine import Readings, gpu_means, host_growth, host_mean

SECOND = 1_000_000_000


def cores(reading: HostReading) -> float | None:
    """The run's own."""
    return reading.run_cpu_cores


@given(st.lists(st.floats(0, 100), min_size=30, max_size=30), st.integers(0, 20), st.integers(3, 9))
def test_only_whole_seconds_within_count(values: list[float], since: int, length: int) -> None:
    """A reading tells of the second before it."""
    readings = Readings(host=[HostReading(t * SECOND, run_cpu_cores=value) for t, value in enumerate(values)])
    expected = values[since + 2 : since + length + 1]
    found = host_mean(readings, [(since * SECOND, (since + length) * SECOND)], cores)
    assert found == pytest.approx(sum(expected) / len(expected))


def test_a_gpu_that_says_nothing_makes_the_mean_unknown() -> None:
    """A mean over the others would be another number; GPUs that are not in use don't matter."""
    readings = Readings(gpu=[GpuReading(2 * SECOND, power_w=(100.0, None, 300.0), limits=("", None, "power+thermal"))])
    span = [(0, 3 * SECOND)]
    assert gpu_means([readings], span, [0, 2])["power_w"] == 200.0
    assert gpu_means([readings], span, [0, 1])["power_w"] is None
    assert gpu_means([readings], span, [0, 7])["power_w"] is None
    assert gpu_means([readings], span, [0, 2])["limited_thermal"] == 1.0
    assert gpu_means([readings], span, [0, 1])["limited_thermal"] is None
    assert gpu_means([], span, [0])["power_w"] is None


def test_a_counter_s_growth_within_the_spans_alone() -> None:
    """What it grew between them is another's; a counter that nobody told is unknown."""
    readings = Readings(host=[HostReading(t * SECOND, disk_free_bytes=value) for t, value in enumerate((0, 5, 90, 93))])
    assert host_growth(readings, [(0, SECOND), (2 * SECOND, 3 * SECOND)], "disk_free_bytes") == 5 + 3
    assert host_growth(readings, [(0, SECOND)], "load_1m") is None
