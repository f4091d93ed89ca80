"""Means over the last seconds, and what watching costs."""

from __future__ import annotations

import pytest

from mlperf_tui.records import GpuReading, HostReading, LinkReading, ThreadInfo, ThreadReading
from mlperf_tui.viewer.cost import OwnCost, Spent
from mlperf_tui.viewer.recent import Recent

S = 1_000_000_000


def test_means_are_of_the_last_ten_seconds_and_of_the_gpus_in_use() -> None:
    """A GPU that says nothing makes the mean unknown, rather than that of the others."""
    recent = Recent()
    recent.add(GpuReading(1 * S, busy_pct=(1.0, 1.0)))
    for t in range(20, 30):
        recent.add(GpuReading(t * S, busy_pct=(80.0, None), limits=("power" if t % 2 else "", None)))
    assert recent.gpu("busy_pct", [0], 30 * S) == 80.0
    assert recent.gpu("busy_pct", [0, 1], 30 * S) is None
    assert recent.gpu("sm_pct", [0], 30 * S) is None
    assert recent.gpu("busy_pct", [], 30 * S) is None
    assert recent.limited("power", [0], 30 * S) == pytest.approx(0.5)
    assert recent.limited("thermal", [0], 30 * S) == 0.0


def test_the_busier_direction_of_a_link() -> None:
    """Of the last seconds; unknown where nothing was read."""
    recent = Recent()
    recent.add(LinkReading(S, (1.0, 2.0), (5.0, 4.0)))
    assert recent.nvlink(0, 2 * S) == 5.0
    assert recent.nvlink(1, 2 * S) == 4.0
    assert recent.nvlink(0, 20 * S) is None
    assert recent.pcie(0, 2 * S) is None


def test_the_busiest_main_thread() -> None:
    """Loaders and others don't count."""
    recent = Recent()
    recent.add(ThreadInfo(S, 7, 7, "rank 0 main", 0))
    recent.add(ThreadInfo(S, 8, 8, "rank 0 loader 0", 0))
    for t in (2, 4):
        recent.add(ThreadReading(t * S, (8, 7), (1.0, 0.5), "RR"))
    assert recent.main_cpu_share(5 * S) == 0.5


def test_autograds_threads_count_with_their_ranks_main_thread() -> None:
    """They take turns: the busiest rank is the one whose sum is the most."""
    recent = Recent()
    for tid, name, rank in ((7, "rank 0 main", 0), (9, "rank 1 main", 1)):
        recent.add(ThreadInfo(S, tid, tid, name, rank))
    recent.add(ThreadInfo(S, 7, 8, "rank 0 autograd 0", 0))
    recent.add(ThreadInfo(S, 4, 5, "rank 2 autograd 0", 2))
    recent.add(ThreadInfo(S, 6, 6, "rank 0 compile pool main", 0))
    for t in (2, 4):
        recent.add(ThreadReading(t * S, (5, 6, 9, 7, 8), (1.0, 1.0, 0.5, 0.375, 0.25), "RRRRR"))
    assert recent.main_cpu_share(5 * S) == 0.625


def test_the_recorders_share_of_a_core() -> None:
    """Over half a minute; unknown with one reading alone, and when another recorder has begun anew."""
    recent = Recent()
    recent.add(HostReading(1 * S, monitor_cpu_s=1.0))
    assert recent.recorder_share() is None
    recent.add(HostReading(11 * S, monitor_cpu_s=1.2))
    assert recent.recorder_share() == pytest.approx(0.02)
    recent.add(HostReading(12 * S, monitor_cpu_s=0.1))
    assert recent.recorder_share() is None


def test_the_viewers_own_cost() -> None:
    """CPU in percent of a core and bytes a second, over ten seconds."""
    cost = OwnCost()
    assert cost.rates() == (None, None)
    for t in range(30):
        cost.add(Spent(float(t), 0.01 * t, 2000 * t))
    cpu_pct, bytes_per_s = cost.rates()
    assert cpu_pct == pytest.approx(1.0)
    assert bytes_per_s == pytest.approx(2000)


def test_the_first_seconds_of_training_are_too_early_to_judge() -> None:
    """Unless it has trained before; a program that reports no steps is judged as it is."""
    recent = Recent()
    assert not recent.is_young
    for t in range(1, 10):
        recent.step((t - 1) * S, t * S)
        assert recent.is_young == (t < 8)
    older = Recent()
    older.grow_up()
    older.step(0, S)
    assert not older.is_young


def test_what_fell_between_steps_is_not_of_training() -> None:
    """An evaluation's readings don't count, however long ago the last step was; after a minute nothing is known."""
    recent = Recent()
    for t in range(1, 40):
        recent.add(GpuReading(t * S, busy_pct=(99.0 if t <= 20 else 5.0,)))
        if t <= 20:
            recent.step((t - 1) * S, t * S)
    assert recent.gpu("busy_pct", [0], 40 * S) == 99.0
    assert recent.rests(40 * S)
    recent.add(GpuReading(41 * S, busy_pct=(50.0,)))
    recent.step(40 * S + S // 2, 41 * S)
    assert recent.gpu("busy_pct", [0], 41 * S) == 99.0, "half of that second was none"
    recent.add(GpuReading(42 * S, busy_pct=(97.0,)))
    recent.step(41 * S, 42 * S)
    assert recent.gpu("busy_pct", [0], 42 * S) == 97.0
    assert recent.gpu("busy_pct", [0], 120 * S) is None
    assert not recent.rests(120 * S)
