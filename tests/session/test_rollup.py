"""A session folded minute by minute comes to the same as folded whole, from whatever point a reader begins."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlperf_tui.records import About, Alarm, Clock, GpuReading, HostReading, Late, Mark, Record, Step
from mlperf_tui.session.folder import Folder
from mlperf_tui.session.follow import Follower, Origin
from mlperf_tui.session.log import Log
from mlperf_tui.session.rollup import MARKS_OF_A_KEY, Fold, Roller, minutes, whole
from mlperf_tui.session.totals import Base, RankTotals

S = 1_000_000_000
RANK_0 = Origin("steps-0-0.jsonl", 0)


def _write(path: Path, *records: Record) -> None:
    log = Log(path)
    log.write(*records)
    log.close()


def _session(tmp_path: Path, steps: int, step_s: float) -> Folder:
    """A run of two ranks with a reading a second."""
    folder = Folder(tmp_path)
    for rank in (0, 1):
        lines: list[Record] = [Clock(0, 0, "h", "b"), About(rank, 2, rank, 7)]
        for n in range(steps):
            t = round((n + 1) * step_s * S)
            lines += [Step(t, n, 8, 0.1 * step_s, 0.9 * step_s), Late(n, step_s, loss=1 / (n + 1))]
        lines += [Mark(round(steps * step_s * S), "run_stop")] if rank == 0 else []
        _write(folder.path / f"steps-{rank}-0.jsonl", *lines)
    seconds = range(1, round(steps * step_s) + 1)
    readings = [
        record
        for t in seconds
        for record in (GpuReading(t * S, busy_pct=(float(t % 7), None)), HostReading(t * S, cpu_cores=t % 3))
    ]
    _write(folder.path / "readings-h-0.jsonl", Clock(0, 0, "h", "b"), *readings, Alarm(5 * S, "x", "y"))
    return folder


@settings(max_examples=15, deadline=None)
@given(steps=st.integers(1, 400), step_s=st.sampled_from([0.05, 0.5, 1.5]))
def test_minutes_come_to_the_whole(tmp_path_factory: pytest.TempPathFactory, steps: int, step_s: float) -> None:
    """Rolled up or not, the totals, the series and what was said are the same."""
    folder = _session(tmp_path_factory.mktemp("s"), steps, step_s)
    raw = whole(folder)
    roller = Roller(folder, "h")
    roller.roll()
    roller.close()
    rolled = whole(folder)
    assert len(minutes(folder)) >= steps * step_s // 61
    assert rolled.said == raw.said
    assert rolled.ranks.keys() == raw.ranks.keys()
    for rank, totals in raw.ranks.items():
        again = rolled.ranks[rank]
        assert (again.host.steps, again.host.samples) == (totals.host.steps, totals.host.samples)
        assert again.gpu.histogram == totals.gpu.histogram
        assert math.isclose(again.gpu.seconds, totals.gpu.seconds)
        assert (again.loss, again.gaps, len(again.head)) == (totals.loss, totals.gaps, len(totals.head))
    for name, cells in raw.series.items():
        for cell, other in zip(cells, rolled.series[name], strict=True):
            assert (cell is None) == (other is None)
            assert cell is None or cell == pytest.approx(other, rel=1e-4)


def test_a_second_roller_goes_on(tmp_path: Path) -> None:
    """A recorder that takes over begins where the last minute ends: nothing counts twice."""
    folder = _session(tmp_path, 100, 0.5)
    for _ in range(2):
        roller = Roller(folder, "h")
        roller.roll()
        roller.close()
    assert whole(folder).ranks[0].host.steps == 100


def test_readings_count_while_the_run_lasts(tmp_path: Path) -> None:
    """What the GPU did before run_start and after run_stop is not the run's."""
    folder = Folder(tmp_path)
    _write(
        tmp_path / "readings-h-0.jsonl",
        *(GpuReading(t * S, busy_pct=(value,)) for t, value in ((1, 1), (3, 50), (5, 2))),
    )
    _write(tmp_path / "steps-0-0.jsonl", Mark(2 * S, "run_start"), Mark(4 * S, "run_stop"))
    assert whole(folder).series["gpu.busy_pct"] == ((50, 50, 50, 1),)


def test_a_rank_counts_once(tmp_path: Path) -> None:
    """Printed steps and marks are left out where the rank wrote its own, and used where it did not."""
    folder = Folder(tmp_path)
    _write(tmp_path / "steps-printed.jsonl", Mark(1, "run_start"), Step(2, 0))
    assert len(whole(folder).said) == 1
    assert whole(folder).ranks[0].host.steps == 1
    _write(tmp_path / "steps-0-0.jsonl", Step(2, 0))
    assert [record for _, record in Follower(folder).read()].count(Step(2, 0)) == 1
    assert len(whole(folder).said) == 1
    _write(tmp_path / "steps-0-0.jsonl", Mark(1, "run_start"))
    assert len(whole(folder).said) == 1


def test_files_are_merged_by_time(tmp_path: Path) -> None:
    """Records of all files come in the order of time; one without a time stays behind its neighbour."""
    folder = Folder(tmp_path)
    _write(tmp_path / "steps-0-0.jsonl", Step(1, 0), Late(0, loss=1.0), Step(5, 1))
    _write(tmp_path / "readings-h-0.jsonl", HostReading(3), HostReading(7))
    found = [record for _, record in Follower(folder).read()]
    assert found == [Step(1, 0), Late(0, loss=1.0), HostReading(3), Step(5, 1), HostReading(7)]


def test_a_program_that_marks_each_step_floods_nothing() -> None:
    """Of one key a minute keeps so many, and others still come through."""
    fold = Fold()
    for t in range(1000):
        fold.add(RANK_0, Mark(t, "tracked_stats"))
    fold.add(RANK_0, Mark(1000, "eval_accuracy", 0.5))
    assert len(fold.said) == MARKS_OF_A_KEY + 1


@given(st.lists(st.floats(1e-6, 1e4), min_size=1, max_size=300), st.floats(0, 1))
def test_percentiles_are_right_to_one_percent(times: list[float], share: float) -> None:
    """Against the sorted times themselves."""
    base = Base()
    for time in times:
        base.add(1, time)
    exact = sorted(times)[max(0, math.ceil(share * len(times)) - 1)]
    assert base.percentile(share) == pytest.approx(exact, rel=0.0051)


def test_missing_steps_are_counted() -> None:
    """A gap in the numbers says that lines were lost; a restart is no gap."""
    fold = Fold()
    for n in (0, 1, 4, 0, 1):
        fold.add(RANK_0, Step(n, n))
    assert fold.ranks[0].gaps == 2


def test_totals_survive_json() -> None:
    """What a minute stores is what it was."""
    fold = Fold()
    fold.add(RANK_0, Step(1, 0, 8, 0.1, 0.2))
    fold.add(RANK_0, Late(0, 0.3, loss=math.nan, skipped=True, memory_allocated_bytes=5))
    totals = fold.ranks[0]
    again = RankTotals.from_json(totals.to_json())
    assert again.to_json()["head"] == totals.to_json()["head"]
    assert (again.nan_steps, again.skipped_steps, again.memory_peak_bytes) == (1, 1, 5)


def test_marks_count_once_whoever_repeats_them(tmp_path: Path) -> None:
    """Every rank says the same marks: those of rank 0 are the run's, so that two ranks are not two evaluations."""
    for rank in (0, 1):
        _write(tmp_path / f"steps-{rank}-0.jsonl", Step(1, 0), Mark(2, "eval_accuracy", 0.2))
    fold = whole(Folder(tmp_path))
    assert fold.said == [Mark(2, "eval_accuracy", 0.2)]
    assert set(fold.ranks) == {0, 1}


def test_the_recorders_own_cost_counts_over_all_its_life(tmp_path: Path) -> None:
    """A run too short for a reading between its marks still tells what recording it cost."""
    readings = [HostReading(t * S, cpu_cores=1.0, monitor_cpu_s=0.1 * t) for t in (1, 4)]
    _write(tmp_path / "readings-h-0.jsonl", *readings)
    _write(tmp_path / "steps-0-0.jsonl", Mark(2 * S, "run_start"), Mark(3 * S, "run_stop"))
    found = whole(Folder(tmp_path)).series
    assert "host.cpu_cores" not in found
    assert found["host.monitor_cpu_s"] == ((0.1, 0.25, 0.4, 2),)
