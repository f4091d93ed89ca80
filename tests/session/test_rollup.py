"""A session folded minute by minute comes to the same as folded whole, from whatever point a reader begins."""

from __future__ import annotations

import math
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlperf_tui.records import (
    About,
    Alarm,
    Clock,
    FrameReading,
    GpuReading,
    HostReading,
    Late,
    Mark,
    Minute,
    Record,
    Step,
    ThreadInfo,
    ThreadReading,
)
from mlperf_tui.session import rollup
from mlperf_tui.session.folder import Folder
from mlperf_tui.session.follow import Follower, Origin
from mlperf_tui.session.index import MINUTES_OF_AN_HOUR
from mlperf_tui.session.log import Log, Tail
from mlperf_tui.session.rollup import Fold, Roller, is_rolled, minutes, whole
from mlperf_tui.session.totals import RankTotals

S = 1_000_000_000
RANK_0 = Origin("steps-0-0.jsonl", 0)


def _write(path: Path, *records: Record) -> None:
    log = Log(path)
    log.write(*records)
    log.close()


def _session(tmp_path: Path, steps: int, step_s: float, *, pause_s: float = 0.0) -> Folder:
    """A run of two ranks with a reading a second; what is known late comes two steps later. It pauses each 20 steps."""
    folder = Folder(tmp_path)
    for rank in (0, 1):
        lines: list[Record] = [Clock(0, 0, "h", "b"), About(rank, 2, rank, 7)]
        for n in range(steps):
            t = round(((n + 1) * step_s + n // 20 * pause_s) * S)
            lines.append(Step(t, n, 8, 0.1 * step_s, 0.9 * step_s))
            lines += [Late(n - 2, step_s, loss=1 / (n + 1))] if n >= 2 else []
        lines += [Mark(round(_seconds(steps, step_s, pause_s) * S), "run_stop")] if rank == 0 else []
        _write(folder.path / f"steps-{rank}-0.jsonl", *lines)
    seconds = range(1, round(_seconds(steps, step_s, pause_s)) + 1)
    readings = [
        record
        for t in seconds
        for record in (
            GpuReading(t * S, busy_pct=(float(t % 7), None)),
            HostReading(t * S, cpu_cores=t % 3),
            ThreadReading(t * S, (7, 8), (0.5, 0.25), "RS", 9, 0.125),
            FrameReading(t * S, 7, (7,), (f"f{t % 3} x.py:{t}",)),
        )
    ]
    _write(
        folder.path / "readings-h-0.jsonl",
        Clock(0, 0, "h", "b"),
        ThreadInfo(0, 7, 7, "main"),
        *readings,
        Alarm(5 * S, "x", "y"),
    )
    return folder


def _seconds(steps: int, step_s: float, pause_s: float) -> float:
    return steps * step_s + (steps - 1) // 20 * pause_s


def _roll(folder: Folder, *, last: bool = False) -> None:
    roller = Roller(folder, "h")
    roller.roll(last)
    roller.close()


def _same(again: Fold, fold: Fold) -> None:
    """All counts and sums are equal."""
    assert again.said == fold.said
    assert again.ranks.keys() == fold.ranks.keys()
    for rank, totals in fold.ranks.items():
        other = again.ranks[rank]
        for mine, theirs in ((totals.host, other.host), (totals.gpu, other.gpu)):
            assert (theirs.steps, theirs.samples, theirs.histogram) == (mine.steps, mine.samples, mine.histogram)
            assert math.isclose(theirs.seconds, mine.seconds)
        assert (other.loss, other.gaps, len(other.head)) == (totals.loss, totals.gaps, len(totals.head))
        assert (other.first_t, other.last_t, other.last_n) == (totals.first_t, totals.last_t, totals.last_n)
    assert again.series.keys() == fold.series.keys()
    for name, cells in fold.series.items():
        for cell, found in zip(cells, again.series[name], strict=True):
            assert (cell is None) == (found is None)
            assert cell is None or cell == pytest.approx(found, rel=1e-4)
    assert _frames(again) == _frames(fold)
    busy, found_busy = (sum(totals.cpu_s for totals in one.threads.values()) for one in (fold, again))
    assert found_busy == pytest.approx(
        busy, abs=0.9
    )  # the reading behind the last minute stands for a part of its time


def _frames(fold: Fold) -> Counter[str]:
    """Of all threads: whose they are is said again each minute only."""
    return sum((totals.frames for totals in fold.threads.values()), Counter())


@settings(max_examples=15, deadline=None)
@given(
    steps=st.integers(1, 400),
    step_s=st.sampled_from([0.05, 0.5, 1.5, 7.0]),
    pause_s=st.sampled_from([0.0, 5.0]),
    last=st.booleans(),
)
def test_minutes_come_to_the_whole(
    tmp_path_factory: pytest.TempPathFactory, steps: int, step_s: float, pause_s: float, last: bool
) -> None:
    """Rolled up or not, and to the last line or not, all that is folded is the same, that of training time too."""
    folder = _session(tmp_path_factory.mktemp("s"), steps, step_s, pause_s=pause_s)
    raw = whole(folder)
    _roll(folder, last=last)
    assert len(minutes(folder)) >= steps * step_s // 61
    _same(whole(folder), raw)


def test_hours_come_to_the_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With minutes of three seconds, so that there are hours: read from these, and made of minutes where they miss."""
    monkeypatch.setattr(rollup, "MINUTE_NS", 3 * S)
    folder = _session(tmp_path, 840, 0.3, pause_s=4.0)
    raw = whole(folder)
    assert raw.series["training.host.cpu_cores"][0] != raw.series["host.cpu_cores"][0]
    _roll(folder)
    written = [record for record in Tail(folder.hours("h")).read() if isinstance(record, Minute)]
    assert len(written) == len(minutes(folder)) // MINUTES_OF_AN_HOUR == 2
    assert written[-1].offsets[folder.rollup("h").name] < folder.rollup("h").stat().st_size
    _same(whole(folder), raw)
    folder.hours("h").unlink()
    _same(whole(folder), raw)
    _roll(folder)
    assert [record.offsets for record in Tail(folder.hours("h")).read() if isinstance(record, Minute)] == [
        hour.offsets for hour in written
    ]
    _same(whole(folder), raw)


def test_hours_of_a_lost_rollup(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The next recorder makes both anew; until then a reader sees no difference."""
    monkeypatch.setattr(rollup, "MINUTE_NS", 3 * S)
    folder = _session(tmp_path, 700, 0.3)
    raw = whole(folder)
    _roll(folder)
    before = [minute.offsets for minute in minutes(folder)]
    folder.rollup("h").unlink()
    _same(whole(folder), raw)
    _roll(folder)
    assert [minute.offsets for minute in minutes(folder)] == before
    assert sum(1 for _ in Tail(folder.hours("h")).read()) == 1
    _same(whole(folder), raw)


@settings(max_examples=15, deadline=None)
@given(st.lists(st.integers(0, 80), min_size=1, max_size=5))
def test_a_recorder_killed_at_any_moment_is_followed(tmp_path_factory: pytest.TempPathFactory, cuts: list[int]) -> None:
    """Each goes on where the last minute ended, with what had been written until then; each record is seen."""
    complete = _session(tmp_path_factory.mktemp("whole"), 160, 0.5)
    raw = whole(complete)
    folder = Folder(tmp_path_factory.mktemp("s"))
    seen: list[Record] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rollup, "MINUTE_NS", 7 * S)
        for second in [*sorted(cuts), 100]:
            for path in [*complete.readings(), *complete.steps()]:
                lines = path.read_bytes().splitlines(keepends=True)
                (folder.path / path.name).write_bytes(b"".join(lines[: len(lines) * second // 100]))
            roller = Roller(folder, "h", lambda _, record: seen.append(record))
            roller.roll()
            roller.close()
    found = whole(folder)
    assert {rank: totals.host.steps for rank, totals in found.ranks.items()} == {0: 160, 1: 160}
    assert found.ranks[0].gpu.histogram == raw.ranks[0].gpu.histogram
    assert found.said.count(Alarm(5 * S, "x", "y")) == 1
    assert {record for record in seen if isinstance(record, Step)} >= {Step(80 * S, 159, 8, 0.05, 0.45)}


def test_a_minute_that_is_not_over_is_not_written(tmp_path: Path) -> None:
    """However often it is asked; at the last time what is left is."""
    folder = _session(tmp_path, 150, 0.5)
    roller = Roller(folder, "h")
    assert not is_rolled(folder)
    for _ in range(5):
        roller.roll()
    assert is_rolled(folder)
    assert len(minutes(folder)) == 1
    roller.roll(last=True)
    roller.close()
    assert len(minutes(folder)) == 2
    assert sum(totals.host.steps for minute in minutes(folder) for totals in _ranks(minute)) == 300


def _ranks(minute: Minute) -> list[RankTotals]:
    return [RankTotals.from_json(body) for body in minute.ranks.values()]


def test_many_records_are_more_than_a_minute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """So that nobody ever has more lines to read than so many."""
    monkeypatch.setattr(rollup, "MINUTE_RECORDS", 100)
    folder = _session(tmp_path, 200, 0.05)
    raw = whole(folder)
    _roll(folder)
    assert all(sum(totals.host.steps for totals in _ranks(minute)) <= 100 for minute in minutes(folder))
    assert len(minutes(folder)) > 5
    _same(whole(folder), raw)


def test_what_can_not_be_written_is_not_lost(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A full disk makes a minute longer, and nothing is missing in the end."""
    folder = _session(tmp_path, 400, 0.5)
    raw = whole(folder)
    append, asked = Log._append, []

    def full_at_first(log: Log, data: bytes) -> int | None:
        asked.append(data)
        return None if len(asked) == 1 else append(log, data)

    monkeypatch.setattr(Log, "_append", full_at_first)
    _roll(folder)
    assert len(asked) == 3
    assert len(minutes(folder)) == 2
    _same(whole(folder), raw)


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


def test_threads_count_from_the_runs_start_on(tmp_path: Path) -> None:
    """The reading behind it is a mean over the start as well: only what lies within the run is counted of it."""
    readings = (ThreadReading(S, (7,), (1.0,)), ThreadReading(4 * S, (7,), (1.0,)))
    _write(tmp_path / "readings-here-0.jsonl", *readings)
    _write(tmp_path / "steps-0-0.jsonl", Mark(3 * S, "run_start"))
    assert whole(Folder(tmp_path)).threads["other"].cpu_s == pytest.approx(1.0)


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
