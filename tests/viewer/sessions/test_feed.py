"""Sessions are read on a thread: live ones again and again, ended ones once, a bounded time each look."""

from __future__ import annotations

import dataclasses
import os
import shutil
from pathlib import Path
from threading import Event

import pytest

from mlperf_tui.report import listing
from mlperf_tui.report.build import store
from mlperf_tui.report.listed import Listed
from mlperf_tui.report.listed_experiment import listed_experiment
from mlperf_tui.session.experiments import ExperimentFolder
from mlperf_tui.session.folder import Folder
from mlperf_tui.viewer.sessions import feed as feeding
from mlperf_tui.viewer.sessions.feed import Looked, SessionsFeed
from tests.session.test_experiments import made

RECORDED = Path(__file__).parents[2] / "recorded"
NAMES = ("cpu-digits", "one-h100", "failed")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Three sessions that have ended, the first of them with a summary."""
    for at, name in enumerate(NAMES):
        folder = Folder(Path(shutil.copytree(RECORDED / name, tmp_path / f"s-20261124-00000{at}-x-{name}")))
        if at == 0:
            store(folder)
    os.utime(tmp_path, (1, 1))
    return tmp_path


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The sessions that were read, one entry each time."""
    seen: list[str] = []

    def noting(folder: Folder, now_s: float) -> Listed:
        seen.append(folder.id)
        return listing.listed(folder, now_s)

    monkeypatch.setattr(feeding, "listed", noting)
    return seen


def settled(feed: SessionsFeed) -> Looked:
    """What it tells once nothing is left to read."""
    while True:
        looked = feed.look()
        if not feed.behind:
            return looked


def test_newest_first_with_all_that_is_known(root: Path) -> None:
    """Rate, precision, duration and the rate over the run, with a summary or without."""
    looked = settled(SessionsFeed(root))
    assert [row.status for row in looked.rows] == ["failed", "finished", "finished"]
    assert looked.total == 3
    for row in looked.rows:
        assert row.rate
        assert row.precision
        assert row.lasted_s
        assert len(row.pace) > 10
    assert looked.rows[1].rate == pytest.approx(4010, abs=1)


def test_an_ended_session_is_read_once(root: Path, reads: list[str]) -> None:
    """Until a file of it comes or goes."""
    feed = SessionsFeed(root)
    first = settled(feed)
    assert sorted(reads) == sorted(row.id for row in first.rows)
    assert settled(feed).rows == first.rows
    assert len(reads) == 3
    Folder(root / first.rows[2].id).rename("another")
    assert settled(feed).rows[2].name == "another"
    assert len(reads) == 4


def test_one_that_goes_away_goes_and_one_that_comes_comes(root: Path) -> None:
    """At the next look."""
    feed = SessionsFeed(root)
    gone = settled(feed).rows[0].id
    shutil.rmtree(root / gone)
    shutil.copytree(RECORDED / "failed", root / "s-20261125-000000-x-new")
    assert settled(feed).rows[0].id == "s-20261125-000000-x-new"
    assert gone not in {row.id for row in settled(feed).rows}


def test_what_takes_long_is_put_off(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With no time at all, each look still gets on by one; meanwhile the total is told."""
    monkeypatch.setattr(feeding, "BUDGET_S", -1.0)
    feed = SessionsFeed(root)
    assert [len(feed.look().rows) for _ in range(3)] == [1, 2, 3]
    assert feed.behind
    assert feed.look().total == 3
    assert all(row.pace for row in settled(feed).rows)


def test_an_unreadable_session_says_why(root: Path) -> None:
    """It costs one row, and no other."""
    (root / "s-20261126-000000-x-bad").mkdir()
    (root / "s-20261126-000000-x-bad" / "session.json").write_text("{}")
    looked = settled(SessionsFeed(root))
    assert looked.rows[0].status == "unreadable"
    assert "can't be read" in looked.rows[0].detail
    assert len(looked.rows) == 4


def test_a_root_that_is_not_there_is_empty(tmp_path: Path) -> None:
    """As before the first run."""
    looked = SessionsFeed(tmp_path / "none").look()
    assert (looked.rows, looked.total) == ((), 0)


def test_it_ends_when_it_is_left(root: Path) -> None:
    """After the look that is under way."""
    seen: list[Looked] = []
    leave = Event()
    leave.set()
    SessionsFeed(root).run(seen.append, leave)
    assert len(seen) == 1
    assert dataclasses.is_dataclass(seen[0])


def test_experiments_come_before_their_runs(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """However little time there is: none of them is shown outside its own."""
    monkeypatch.setattr(feeding, "BUDGET_S", -1.0)
    old, new = made(root), made(root, "e-20261125-091204-x-bbbb", runs=2)
    feed = SessionsFeed(root)
    assert [row.id for row in feed.look().rows] == [new.id]
    assert [row.id for row in feed.look().rows] == [new.id, old.id]
    assert feed.look().total == 11
    rows = settled(feed).rows
    assert [row.experiment for row in rows].count(old.id) == 4
    assert len(rows) == 11


def test_an_ended_experiment_is_read_once(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Until a file of it comes or goes: its report, a new runner's log, another name."""
    seen: list[str] = []

    def noting(folder: ExperimentFolder, now_s: float) -> Listed:
        seen.append(folder.id)
        return listed_experiment(folder, now_s)

    monkeypatch.setattr(feeding, "listed_experiment", noting)
    folder = made(root)
    feed = SessionsFeed(root)
    first = settled(feed)
    assert settled(feed).rows == first.rows
    assert len(seen) == 1
    folder.summary.write_text('{"ratio": 2.0}')
    assert settled(feed).rows[0].ratio == 2.0
    folder.rename("another")
    assert settled(feed).rows[0].name == "another"
    assert len(seen) == 3
