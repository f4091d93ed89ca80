"""A whole run's evidence, from recorded sessions whose limit is known."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from mlperf_tui.analysis.bottleneck.gather import busiest_main, gather
from mlperf_tui.analysis.straggler import Straggler
from mlperf_tui.analysis.throughput import Throughput
from mlperf_tui.records import GpuInfo
from mlperf_tui.report.build import build
from mlperf_tui.session.folder import Folder
from mlperf_tui.session.threads import ThreadTotals
from tests.recorded import parts

SERIES = {
    "gpu.busy_pct": ((0.0, 90.0, 100.0, 9), (0.0, 80.0, 100.0, 9), (0.0, 0.0, 0.0, 9)),
    "gpu.tensor_pct": ((0.0, 50.0, 60.0, 9), None, None),
    "gpu.clock_mhz": ((0.0, 1500.0, 0.0, 9), (0.0, 1000.0, 0.0, 9), (0.0, 100.0, 0.0, 9)),
    "gpu.limit_power": ((0.0, 0.25, 1.0, 9), (0.0, 0.75, 1.0, 9), (0.0, 1.0, 1.0, 9)),
    "gpu.pcie_rx_bytes_per_s": ((0.0, 5e9, 0.0, 9), (0.0, 6e9, 0.0, 9), None),
    "link.tx_bytes_per_s": ((0.0, 4e9, 0.0, 9), (0.0, 1e9, 0.0, 9)),
    "link.rx_bytes_per_s": ((0.0, 2e9, 0.0, 9), (0.0, 5e9, 0.0, 9)),
}
LINKED = [GpuInfo(i, f"GPU-{i}", "H100", clock_max_mhz=2000, links=2, link_bytes_per_s=5e9) for i in range(3)]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("limit-input", "input"),
        ("limit-compute", "compute"),
        ("limit-memory", "memory bandwidth"),
        ("limit-tiny-kernels", "host"),
        ("h100-limit-input", "input"),
        ("h100-limit-compute", "compute"),
        ("h100-limit-memory", "memory bandwidth"),
        ("h100-limit-tiny-kernels", "host"),
        ("eight-gpus", "compute"),
        ("cpu-digits", "compute"),
        ("one-h100", "memory bandwidth"),
        ("a10-pcie", None),
    ],
)
def test_recorded_sessions(tmp_path: Path, name: str, value: str | None) -> None:
    """Each limit that a session was made with is found; those of an H100 were measured (tests/bench/limits.py)."""
    folder = Folder(Path(shutil.copytree(parts.HERE / name, tmp_path / name)))
    assert build(folder).limited_by.value == value


def test_the_gpus_in_use_count_and_the_worst_of_them_for_its_limits() -> None:
    """Means of what they do; of clock, limits and links the one that all others wait for."""
    found = gather(Throughput(), SERIES, LINKED, {"GPU-0", "GPU-1"}, None, None, None)
    assert found.on_gpu
    assert found.busy_pct == 85
    assert found.tensor_pct is None, "one of them doesn't tell"
    assert found.clock_share == 0.5
    assert found.power_limit_share == 0.75
    assert found.link_share == 0.5


def test_pcie_stands_in_where_several_gpus_have_no_nvlink() -> None:
    """A lone GPU exchanges nothing."""
    infos = [GpuInfo(i, f"GPU-{i}", "A10", pcie_bytes_per_s=12e9) for i in range(2)]
    assert gather(Throughput(), SERIES, infos, {"GPU-0", "GPU-1"}, None, None, None).link_share == 0.5
    assert gather(Throughput(), SERIES, infos, {"GPU-0"}, None, None, None).link_share is None


def test_the_rank_that_others_wait_for_is_evidence() -> None:
    """By each rank's own work; of ranks that are alike nothing is said."""
    for own, said in (({0: 0.2, 1: 0.35}, Straggler(1, 0.35, 0.2)), ({0: 0.2, 1: 0.2}, None), ({0: 0.2}, None)):
        assert gather(Throughput(own_s=own), SERIES, LINKED, (), None, None, None).slow_rank == said


@pytest.mark.parametrize(("own", "on_gpus", "on_cpus"), [(0.24, True, False), (0.26, True, True), (0.21, False, False)])
def test_ranks_on_cpus_may_differ_by_a_fifth(own: float, *, on_gpus: bool, on_cpus: bool) -> None:
    """They share cores; like GPUs differ by less."""
    rate = Throughput(own_s={0: 0.2, 1: own})
    for series, named in ((SERIES, on_gpus), ({}, on_cpus)):
        assert (gather(rate, series, LINKED if series else [], (), None, None, None).slow_rank is not None) is named


def test_only_training_time_is_evidence() -> None:
    """Its series come first, the main thread's too; what no reading of it covers is unknown, not the whole run's."""
    training = {
        "training.gpu.busy_pct": ((90.0, 99.0, 100.0, 5), (90.0, 97.0, 100.0, 5)),
        "training.thread.main_cores": ((0.2, 0.3, 1.0, 5), (0.8, 0.9, 1.0, 5)),
    }
    found = gather(Throughput(), {**SERIES, **training}, LINKED, {"GPU-0", "GPU-1"}, None, 0.1, None)
    assert (found.busy_pct, found.main_cpu_share, found.clock_share) == (98, 0.9, None)
    assert gather(Throughput(), {**SERIES, "training.gpu.busy_pct": ()}, LINKED, (), None, 0.1, None).busy_pct == 85


def test_gpus_that_no_rank_named_count_when_they_did_something() -> None:
    """A run on a CPU beside idle GPUs is one on a CPU."""
    idle = {"gpu.busy_pct": ((0.0, 0.5, 3.0, 9),)}
    assert gather(Throughput(), SERIES, LINKED, (), None, None, None).busy_pct == 85
    assert not gather(Throughput(), idle, LINKED, (), None, None, None).on_gpu


def test_the_busiest_main_thread() -> None:
    """Not a loader, however busy; and none where there was no time."""
    threads = {"rank 0 main": ThreadTotals(4.0), "rank 1 main": ThreadTotals(8.0), "rank 0 loader 0": ThreadTotals(9.0)}
    assert busiest_main(threads, 10) == 0.8
    assert busiest_main(threads, 0) is None
    assert busiest_main({}, 10) is None


def test_autograds_threads_count_with_their_ranks_main_thread() -> None:
    """Rank by rank; those of a rank whose main thread wasn't seen say nothing."""
    spent = {
        "rank 0 main": 4.0, "rank 0 autograd 0": 3.0, "rank 0 autograd 1": 0.5, "rank 1 main": 6.0,
        "rank 1 compile pool main": 9.0, "rank 2 autograd 0": 9.0,
    }  # fmt: skip
    threads = {name: ThreadTotals(cpu_s) for name, cpu_s in spent.items()}
    assert busiest_main(threads, 10) == 0.75
    assert busiest_main({"main": ThreadTotals(4.0), "autograd 0": ThreadTotals(2.0)}, 10) == 0.6
    assert busiest_main({"rank 2 autograd 0": ThreadTotals(9.0)}, 10) is None
