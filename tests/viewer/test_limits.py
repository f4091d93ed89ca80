"""What limits the run now, and that looking back says it too."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlperf_tui.analysis.bottleneck.gather import gather
from mlperf_tui.analysis.throughput import Throughput
from mlperf_tui.records import GpuInfo, GpuReading, LinkReading
from mlperf_tui.session.folder import Folder
from mlperf_tui.viewer.feed import Feed
from mlperf_tui.viewer.limits import evidence
from mlperf_tui.viewer.machine import Machine
from mlperf_tui.viewer.snapshot import Training
from tests.viewer.app_of import RECORDED

SOONER_NS = dict.fromkeys(
    [f"h100-limit-{name}" for name in ("input", "compute", "memory", "tiny-kernels")], 6_000_000_000
)
"""These trained for 22 s only."""


@pytest.mark.parametrize(
    ("name", "limit"),
    [
        ("limit-input", "input"),
        ("limit-compute", "compute"),
        ("limit-memory", "memory bandwidth"),
        ("limit-tiny-kernels", "host"),
        ("h100-limit-input", "input"),
        ("h100-limit-compute", "compute"),
        ("h100-limit-memory", "memory bandwidth"),
        ("h100-limit-tiny-kernels", "host"),
        ("a10-pcie", "unknown"),
    ],
)
def test_the_screen_says_what_limits_the_run(name: str, limit: str) -> None:
    """Twenty seconds before the end of a session with a known limit, and over the whole of it."""
    feed = Feed(Folder(RECORDED / name))
    end = feed.poll()
    feed.look(end.now - SOONER_NS.get(name, 20_000_000_000))
    found = feed.poll()
    assert found.look is not None
    assert found.limited is not None
    assert found.limited.value == limit


GPU = st.fixed_dictionaries(
    {
        "busy_pct": st.none() | st.sampled_from([0.0, 4.0, 5.0, 90.0]),
        "clock_mhz": st.none() | st.floats(100, 3000),
        "pcie_rx_bytes_per_s": st.none() | st.floats(0, 1e10),
        "nvlink": st.none() | st.floats(0, 1e11),
        "links": st.sampled_from([0, 4]),
        "named": st.booleans(),
    }
)


NAMES = ("busy_pct", "clock_mhz", "pcie_rx_bytes_per_s")


@given(st.lists(GPU, min_size=1, max_size=4))
def test_a_moment_is_judged_as_a_whole_run_is(gpus: list[dict[str, Any]]) -> None:
    """A run that was all the time as it is now has the evidence of now."""
    same: dict[str, Any] = {"clock_max_mhz": 2000, "pcie_bytes_per_s": 1e10, "link_bytes_per_s": 1e10}
    infos = [GpuInfo(i, f"GPU-{i}", "H100", links=gpu["links"], **same) for i, gpu in enumerate(gpus)]
    used = {f"GPU-{i}" for i, gpu in enumerate(gpus) if gpu["named"]}
    columns = {name: tuple(gpu[name] for gpu in gpus) for name in (*NAMES, "nvlink")}
    machine = Machine()
    reading = GpuReading(1, **{name: columns[name] for name in NAMES})
    for record in (*infos, reading, LinkReading(1, columns["nvlink"], ())):
        machine.add(record)
    now = evidence(1, machine, machine.gpus(1, used), Training(), None)
    series = {"link.tx_bytes_per_s": columns["nvlink"], **{f"gpu.{name}": columns[name] for name in NAMES}}
    spreads = {name: tuple(None if x is None else (x, x, x, 1) for x in row) for name, row in series.items()}
    assert now == gather(Throughput(), spreads, infos, used, None, None, None)
