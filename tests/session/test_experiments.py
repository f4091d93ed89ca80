"""Experiments lie beside their sessions: made privately, found by what a person types, runs in order of launch."""

from __future__ import annotations

import os
import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlperf_tui.errors import MlperfTuiError
from mlperf_tui.records import FORMAT, Clock, End, Experiment, Stage, encode
from mlperf_tui.session import experiments as rooms
from mlperf_tui.session.experiments import (
    ExperimentFolder,
    alone,
    either,
    everything,
    experiment_of,
    experiments,
    find_experiment,
    new_experiment_id,
    newest,
    session_id,
)
from mlperf_tui.session.folder import Folder
from mlperf_tui.session.folder import create as create_session
from tests.session.test_folder import plan

SECOND = 1_000_000_000
WALL_NS = 1_795_511_524 * SECOND
"""2026-11-24T09:12:04Z, when the experiments made here say that they were started."""


def experiment(known: str, **more: object) -> Experiment:
    given: dict[str, object] = {
        "id": known,
        "kind": "workload",
        "workload": "resnet50",
        "factor": "precision",
        "arms": ("fp32", "amp"),
        "argvs": (("x", "--precision", "fp32"), ("x", "--precision", "amp")),
        "envs": ({}, {}),
        "command": ("mlperf-tui", "ab", "resnet50"),
        "cwd": "/",
        "host": "h",
        "utc": "2026-11-24T09:12:04Z",
        "unit": "images/s",
    }
    return Experiment(**{**given, **more})  # type: ignore[arg-type]


def made(
    root: Path,
    known: str = "e-20261124-091204-x-k3f9",
    *,
    runs: int = 4,
    status: str | None = "finished",
    **more: object,
) -> ExperimentFolder:
    """An experiment with so many runs, a second apart in the order A B B A, that has ended unless `status` is None."""
    folder = rooms.create(root, experiment(known, **more))
    log: list[Clock | Stage | End] = [Clock(SECOND, WALL_NS, "h", "b")]
    for at in range(runs):
        pair, arm = at // 2 + 1, (0, 1, 1, 0)[at % 4]
        session = session_id(root, known, pair, arm, datetime(2026, 11, 24, 9, 12, 5 + at, tzinfo=UTC))
        text = f"starting {('fp32', 'amp')[arm]}"
        log.append(Stage((2 + at) * SECOND, text, pair, ("fp32", "amp")[arm], session))
        given = {
            "experiment": known,
            "pair": pair,
            "arm": ("fp32", "amp")[arm],
            "utc": f"2026-11-24T09:12:{5 + at:02}Z",
        }
        run = create_session(root, plan(session, **given))
        (run.path / "readings-h-0.jsonl").write_text(encode(End(5, "stopped", "stopped by a person")) + "\n")
    if status is not None:
        log.append(End(62 * SECOND, status, "settled after 4 pairs"))
    folder.new_log().write_text("".join(encode(record) + "\n" for record in log))
    return folder


def test_an_experiment_is_private_and_whole(tmp_path: Path) -> None:
    """0700 for the directory, 0600 for the plan, and no temporary file left."""
    folder = rooms.create(tmp_path / "deep" / "root", experiment("e-1"))
    assert stat.S_IMODE(folder.path.stat().st_mode) == 0o700
    assert stat.S_IMODE(folder.experiment.stat().st_mode) == 0o600
    assert [path.name for path in folder.path.iterdir()] == ["experiment.json"]
    assert folder.plan() == experiment("e-1")


def test_a_root_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    """With what to do."""
    (tmp_path / "file").write_text("")
    with pytest.raises(
        MlperfTuiError, match=r"can't write experiments to .*: choose another place with --sessions DIR"
    ):
        rooms.create(tmp_path / "file", experiment("e-1"))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("nonsense", "can't be read: not a record"),
        (encode(plan("s-1")), "experiment.json holds no experiment"),
        (encode(experiment("e-1", format=FORMAT + 1)), "by a newer mlperf-tui"),
    ],
)
def test_an_unreadable_one_is_one_sentence(tmp_path: Path, text: str, said: str) -> None:
    """As a session is."""
    folder = made(tmp_path)
    folder.experiment.write_text(text)
    with pytest.raises(MlperfTuiError, match=said):
        folder.plan()
    with pytest.raises(MlperfTuiError):
        folder.rename("another")
    assert experiments(tmp_path)[0].id == folder.id


@given(st.text(max_size=40), st.integers(1, 64), st.integers(0, 7))
def test_ids_show_what_belongs_together(workload: str, pair: int, arm: int) -> None:
    """The run's id holds the experiment's word; both are plain names of directories."""
    one = new_experiment_id(workload)
    run = session_id(Path("/nowhere"), one, pair, arm)
    word = one.split("-", 3)[3]
    assert one.startswith("e-")
    assert run.startswith("s-")
    assert run.endswith(f"-{word}-{pair}{'abcdefgh'[arm]}")
    assert Path(run).name == run
    assert len(run) < 100


def test_runs_in_the_order_of_their_launch(tmp_path: Path) -> None:
    """Not of their ids; one that was deleted is missing, and what was only announced is not there."""
    folder = made(tmp_path)
    assert [run.id[-2:] for run in folder.sessions()] == ["1a", "1b", "2b", "2a"]
    folder.sessions()[1].remove()
    with folder.new_log().open("w") as file:
        file.write(encode(Stage(99, "starting fp32", 3, "fp32", "s-never-made")) + "\n")
    assert [run.id[-2:] for run in folder.sessions()] == ["1a", "2b", "2a"]


def test_a_log_leads_nowhere_else(tmp_path: Path) -> None:
    """What isn't the plain name of a directory beside it is no run: it would be deleted with the experiment."""
    stranger = create_session(tmp_path / "elsewhere", plan("s-1"))
    folder = made(tmp_path / "root", runs=0)
    named = (str(stranger.path), "../elsewhere/s-1")
    folder.new_log().write_text("".join(encode(Stage(9, "starting", 1, "fp32", name)) + "\n" for name in named))
    assert folder.sessions() == []


def test_records_of_all_runners_in_order(tmp_path: Path) -> None:
    """The tenth log comes after the ninth."""
    folder = made(tmp_path, runs=0)
    for at in range(1, 11):
        path = folder.new_log()
        assert path.name == f"log-{at}.jsonl"
        path.write_text(encode(Stage(at, f"stage {at}")) + "\n")
    said = [record.text for record in folder.records() if isinstance(record, Stage)]
    assert said == [f"stage {at}" for at in range(1, 11)]


def test_found_by_id_prefix_and_name(tmp_path: Path) -> None:
    """The newest of a name; None for what is no experiment's."""
    old = made(tmp_path, "e-20261124-091204-x-aaaa", runs=0, name="amp")
    new = made(tmp_path, "e-20261125-091204-x-bbbb", runs=0, name="amp")
    ids = {wanted: found.id for wanted in (old.id, "e-20261124", "amp") if (found := find_experiment(tmp_path, wanted))}
    assert ids == {old.id: old.id, "e-20261124": old.id, "amp": new.id}
    assert find_experiment(tmp_path, "s-20261124") is None
    assert find_experiment(tmp_path, "") is None
    with pytest.raises(MlperfTuiError, match=r"e-2026 may be any of .*aaaa, .*bbbb: type more of it"):
        find_experiment(tmp_path, "e-2026")


def test_oldest_first(tmp_path: Path) -> None:
    """By the second in the id, whatever was touched since; no root is none."""
    new = made(tmp_path, "e-20261125-091204-a-bbbb", runs=0)
    old = made(tmp_path, "e-20261124-091204-z-aaaa", runs=0)
    old.rename("touched")
    assert [folder.id for folder in experiments(tmp_path)] == [old.id, new.id]
    assert experiments(tmp_path / "none") == []


def test_everything_oldest_first(tmp_path: Path) -> None:
    """Sessions and experiments among each other."""
    ids = ["e-20261124-091204-z-aaaa", "e-20261126-091204-a-bbbb"]
    for name in ids:
        made(tmp_path, name, runs=0)
    create_session(tmp_path, plan("s-20261125-091204-m-cccc"))
    assert [folder.id for folder in everything(tmp_path)] == [ids[0], "s-20261125-091204-m-cccc", ids[1]]


def test_newest_is_what_was_launched_last(tmp_path: Path) -> None:
    """The experiment rather than its runs; then a session that was launched after it; None where there is nothing."""
    assert newest(tmp_path) is None
    create_session(tmp_path, plan("s-20261124-080000-x-aaaa", utc="2026-11-24T08:00:00Z"))
    folder = made(tmp_path)
    found = newest(tmp_path)
    assert found is not None
    assert found.id == folder.id
    last = create_session(tmp_path, plan("s-20261124-100000-x-bbbb", utc="2026-11-24T10:00:00Z"))
    found = newest(tmp_path)
    assert found is not None
    assert found.id == last.id


def test_newest_among_directories_of_any_name(tmp_path: Path) -> None:
    """A session that was copied under another name is one too."""
    create_session(tmp_path, plan("baseline"))
    found = newest(tmp_path)
    assert found is not None
    assert found.id == "baseline"
    folder = made(tmp_path)
    found = newest(tmp_path)
    assert found is not None
    assert found.id == folder.id


def test_a_run_knows_its_experiment_as_long_as_that_is_there(tmp_path: Path) -> None:
    """A session alone has none, nor one that can't be read."""
    folder = made(tmp_path)
    run, single = folder.sessions()[0], create_session(tmp_path, plan("s-1"))
    found = experiment_of(run)
    assert found is not None
    assert found.id == folder.id
    assert experiment_of(single) is None
    single.session.write_text("nonsense")
    assert experiment_of(single) is None
    folder.remove()
    assert experiment_of(run) is None
    last = newest(tmp_path)
    assert last is not None
    assert last.id.endswith("-2a")


def test_alone_stands_what_is_no_run(tmp_path: Path) -> None:
    """Experiments, sessions, and runs of what is gone."""
    folder = made(tmp_path)
    create_session(tmp_path, plan("s-20261123-091204-m-cccc"))
    assert [one.id for one in alone(tmp_path)] == ["s-20261123-091204-m-cccc", folder.id]
    folder.remove()
    assert len(alone(tmp_path)) == 5


def test_either_by_its_id(tmp_path: Path) -> None:
    """By what lies in it, not by how it is called."""
    made(tmp_path, "e-1-2-x", runs=0)
    create_session(tmp_path, plan("e-2"))
    assert isinstance(either(tmp_path, "e-1-2-x"), ExperimentFolder)
    assert isinstance(either(tmp_path, "e-2"), Folder)


def test_what_goes_away_meanwhile_costs_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The report is replaced while the experiment runs: its temporary file is listed and then gone."""
    folder = made(tmp_path)
    size, written = folder.size(), folder.last_written()
    there = [*folder.path.iterdir(), folder.path / ".report.json.7"]
    monkeypatch.setattr(Path, "iterdir", lambda _: iter(there))
    assert size > 0
    assert (folder.size(), folder.last_written()) == (size, written)


def test_renamed(tmp_path: Path) -> None:
    """And nothing else of the plan changes; an empty name takes it away."""
    folder = made(tmp_path, runs=0, name="old")
    folder.rename("new")
    assert folder.plan() == experiment(folder.id, name="new")
    folder.rename("")
    assert folder.plan().name is None


def test_a_plan_that_cannot_be_written_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the reason."""

    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    folder = made(tmp_path, runs=0)
    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(MlperfTuiError, match="can't be renamed or planned anew: Permission denied"):
        folder.rename("new")


def test_a_run_of_the_same_second_has_an_id_of_its_own(tmp_path: Path) -> None:
    """A pair that fails at once is run again before the clock has moved on."""
    now = datetime(2026, 11, 24, 9, 12, 5, tzinfo=UTC)
    taken = []
    for _ in range(3):
        taken.append(session_id(tmp_path, "e-20261124-091204-x-k3f9", 1, 0, now))
        (tmp_path / taken[-1]).mkdir()
    assert taken[0] == "s-20261124-091205-x-k3f9-1a"
    assert taken[1:] == [f"{taken[0]}-2", f"{taken[0]}-3"]
