"""Two real H200 joined by NVLink: what their sessions say of the ranks, the exchange of gradients and the slow one.

`recorded/two-h200` is ResNet-50 on both; in `recorded/two-h200-slowed` rank 1 was held for half of the time by SIGSTOP
and SIGCONT from its 13th second of training on.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from mlperf_tui.analysis.summary import Summary
from mlperf_tui.records import About, LinkReading, Step, ThreadInfo, ThreadReading
from mlperf_tui.report.build import build
from mlperf_tui.session.folder import Folder
from mlperf_tui.session.log import Tail
from tests.recorded import parts

BOTH = ("two-h200", "two-h200-slowed")
MOST_BYTES = 350 << 10
PARAMETERS = 25_557_032
GRADIENT_BYTES = 4 * PARAMETERS
RING = 1.0
"""Of n ranks each sends 2 (n - 1) / n of the gradients: once, for two."""

of_both = pytest.mark.parametrize("name", BOTH)


def summary_of(tmp_path: Path, name: str) -> Summary:
    """Of a copy, since to look at a session may write its rollup."""
    return build(Folder(Path(shutil.copytree(parts.HERE / name, tmp_path / name))))


@of_both
def test_every_line_is_read(name: str) -> None:
    """And no path of the machine that it was recorded on is left in the plan."""
    folder = Folder(parts.HERE / name)
    for path in [*folder.steps(), *folder.readings()]:
        tail = Tail(path)
        assert len(list(tail.read())) == len(path.read_text().splitlines())
        assert tail.skipped == 0
    plan = folder.plan()
    assert (plan.argv[0], plan.cwd) == ("python3", "/home/someone")
    assert plan.note is not None
    assert plan.note.startswith("recorded on two H200")


def test_both_together_are_small() -> None:
    """They are in every clone."""
    assert sum(path.stat().st_size for name in BOTH for path in (parts.HERE / name).iterdir()) < MOST_BYTES


@of_both
def test_no_step_is_left_out(name: str) -> None:
    """Of neither rank, from the first to the last."""
    paths = Folder(parts.HERE / name).steps()
    numbers = [[record.n for record in Tail(path).read() if isinstance(record, Step)] for path in paths]
    assert len(numbers) == 2
    assert numbers[0] == numbers[1] == list(range(len(numbers[0])))


@of_both
def test_each_rank_has_its_own_gpu(tmp_path: Path, name: str) -> None:
    """Both are in use, by one rank each."""
    summary = summary_of(tmp_path, name)
    assert [rank.rank for rank in summary.ranks] == [0, 1]
    assert [gpu.name for gpu in summary.gpus] == ["NVIDIA H200"] * 2
    assert [rank.gpu for rank in summary.ranks] == [gpu.uuid for gpu in summary.gpus]
    assert len({rank.gpu for rank in summary.ranks}) == 2
    assert all(gpu.in_use for gpu in summary.gpus)


@of_both
def test_a_gpu_sends_the_gradients_once_a_step(tmp_path: Path, name: str) -> None:
    """As a ring of two does, in fp32; by GPM, whose unit is right only if this holds; also where a rank is slow."""
    summary = summary_of(tmp_path, name)
    abouts = [
        record
        for path in Folder(parts.HERE / name).steps()
        for record in Tail(path).read()
        if isinstance(record, About)
    ]
    assert [about.parameters for about in abouts] == [PARAMETERS] * 2
    assert summary.links.source == "GPM"
    assert [one.index for one in summary.links.per_gpu] == [0, 1]
    for one in summary.links.per_gpu:
        assert one.bytes_per_step == pytest.approx(RING * GRADIENT_BYTES, rel=0.01)


@of_both
def test_what_one_sends_the_other_receives(name: str) -> None:
    """Within 2 % over the steps: both GPUs are read at moments of their own."""
    folder = Folder(parts.HERE / name)
    [path] = folder.readings()
    last = parts.last_t([record for path in folder.steps() for record in Tail(path).read() if isinstance(record, Step)])
    links = [record for record in Tail(path).read() if isinstance(record, LinkReading) and record.t < last]
    sent, received = (
        [sum(row[gpu] or 0.0 for row in rows) for gpu in (0, 1)]
        for rows in ([link.tx_bytes_per_s for link in links], [link.rx_bytes_per_s for link in links])
    )
    assert min(sent) > 0
    assert received[1] == pytest.approx(sent[0], rel=0.02)
    assert received[0] == pytest.approx(sent[1], rel=0.02)


def test_alike_ranks_hide_the_exchange(tmp_path: Path) -> None:
    """Behind the backward pass: next to nothing of a step is left for it, and nobody is named."""
    summary = summary_of(tmp_path, "two-h200")
    own = [rank.own_step_ms for rank in summary.ranks]
    assert own[0] == pytest.approx(own[1], rel=0.01)
    assert summary.throughput.exposed_allreduce_share is not None
    assert 0 < summary.throughput.exposed_allreduce_share < 0.01
    assert summary.limited_by.value == "compute"
    assert summary.limited_by.advice is not None
    assert "rank" not in summary.limited_by.advice


def test_the_held_rank_is_named(tmp_path: Path) -> None:
    """By its own work, since both take as long for a step; the wait for it is not called all-reduce."""
    summary = summary_of(tmp_path, "two-h200-slowed")
    [first, second] = summary.ranks
    assert first.throughput == pytest.approx(second.throughput, rel=0.01)
    assert first.own_step_ms == pytest.approx(55.7, abs=0.1)
    assert second.own_step_ms == pytest.approx(66.8, abs=0.1)
    assert summary.limited_by.value == "slow rank"
    assert summary.limited_by.advice is not None
    assert "wait for rank 1" in summary.limited_by.advice
    assert summary.throughput.exposed_allreduce_share == pytest.approx(0.0097, abs=0.0005)


def test_held_steps_take_twice_as_long(tmp_path: Path) -> None:
    """The slowest tenth has the pace of the time in which the rank was held for half of it."""
    alike, held = (summary_of(tmp_path, name).throughput.step_time_ms for name in BOTH)
    assert alike is not None
    assert held is not None
    assert held.p50 == pytest.approx(alike.p50, rel=0.01)
    assert held.p90 == pytest.approx(2 * alike.p50, rel=0.05)


def test_the_held_rank_is_seen_stopped() -> None:
    """Most of its threads' states say so, from the time on in which it was held; the other rank's never do."""
    [path] = Folder(parts.HERE / "two-h200-slowed").readings()
    records = list(Tail(path).read())
    rank_of = {record.tid: record.rank for record in records if isinstance(record, ThreadInfo)}
    readings = [record for record in records if isinstance(record, ThreadReading)]
    stopped = [
        {rank_of[tid] for tid, state in zip(reading.tids, reading.states, strict=True) if state == "T"}
        for reading in readings
    ]
    assert stopped == [set()] * 5 + [{1}] * 8
