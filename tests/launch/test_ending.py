"""What a runner that was killed has left going, as the next runner, `stop` and the screen find and end it."""

from __future__ import annotations

from pathlib import Path

import pytest

from mlperf_tui import launch
from mlperf_tui.errors import MlperfTuiError
from mlperf_tui.launch import ending
from mlperf_tui.launch.ending import end_left, runs_left
from mlperf_tui.session.alive import Process, myself, started
from mlperf_tui.session.folder import Folder
from mlperf_tui.session.status import status
from tests.launch.left import experiment, held, left_going


def test_runs_are_left_only_where_their_runner_is_gone(tmp_path: Path) -> None:
    """While another runner goes they are its own; the next one, which has begun none, finds them too."""
    with left_going(tmp_path) as (folder, run):
        assert [one.id for one in runs_left(folder)] == [run.id]
        for runner, found in ((Process(1, started(1) or 0), []), (myself(), [run.id])):
            lock = held(folder, runner)
            assert status(folder).word == "running"
            assert [one.id for one in runs_left(folder)] == found
            lock.close()


def test_what_was_left_is_told_of_and_ended(tmp_path: Path) -> None:
    """Before it is asked to end; the second time there is nothing."""
    told: list[str] = []
    with left_going(tmp_path) as (folder, run):
        ended = end_left(folder, lambda left: told.extend(f"{one.id} {status(one).word}" for one in left))
        assert told == [f"{run.id} running"]
        assert [(one.id, status(one).word) for one in ended] == [(run.id, "stopped")]
        assert end_left(folder, lambda _: told.append("again")) == []
        assert len(told) == 1


def test_one_that_does_not_end_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With where to look."""
    monkeypatch.setattr(ending, "end_runs", list[Folder])
    with left_going(tmp_path) as (folder, run), pytest.raises(MlperfTuiError, match=f"mlperf-tui watch {run.id}"):
        end_left(folder)


def test_an_experiment_is_stopped_by_ending_what_it_left(tmp_path: Path) -> None:
    """Without waiting for it; once nothing goes on there is nothing to stop."""
    with left_going(tmp_path) as (folder, run):
        launch.stop_experiment(folder)
        assert launch.wait(run, 30)
        assert status(run).word == "stopped"
        with pytest.raises(MlperfTuiError, match="is not running: it is interrupted"):
            launch.stop_experiment(folder)


def test_nothing_is_left_of_one_whose_runs_have_ended(tmp_path: Path) -> None:
    """Nor of one whose runs are gone."""
    assert runs_left(experiment(tmp_path, "s-20261124-091204-gone")) == []
