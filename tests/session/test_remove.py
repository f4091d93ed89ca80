"""Only what surely runs no more is deleted, and what that frees is told."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from mlperf_tui.errors import MlperfTuiError
from mlperf_tui.records import End, encode
from mlperf_tui.session import lock
from mlperf_tui.session.alive import myself
from mlperf_tui.session.experiments import Either
from mlperf_tui.session.folder import Folder, create
from mlperf_tui.session.remove import QUIET_S, older, refusal, remove, size
from mlperf_tui.steps.facts import boot_id, hostname
from tests.session.test_experiments import made
from tests.session.test_folder import plan


def ended(root: Path, session: str = "s-1") -> Folder:
    folder = create(root, plan(session))
    (folder.path / "readings-h-0.jsonl").write_text(encode(End(5, "finished", "exit code 0", 0)) + "\n")
    return folder


def held(folder: Either, host: str) -> lock.Lock:
    taken = lock.Lock.take(folder.lock)
    assert taken is not None
    taken.write(lock.Holders(host, boot_id(), myself(), myself()))
    return taken


def test_what_has_ended_goes(tmp_path: Path) -> None:
    """With its size."""
    folder = ended(tmp_path)
    size = folder.size()
    assert size > 0
    assert remove(folder) == size
    assert not folder.path.exists()


def test_what_runs_stays(tmp_path: Path) -> None:
    """The sentence says what to do first."""
    folder = create(tmp_path, plan("s-1"))
    taken = held(folder, hostname())
    assert refusal(folder) == "s-1 is running: `mlperf-tui stop s-1` first"
    with pytest.raises(MlperfTuiError, match="s-1 is running"):
        remove(folder)
    taken.close()
    assert folder.path.exists()


def test_what_may_run_elsewhere_stays_until_it_has_long_been_silent(tmp_path: Path) -> None:
    """Its lock can't be asked from here."""
    folder = create(tmp_path, plan("s-1"))
    held(folder, "another").close()
    assert "it may run there still" in (refusal(folder) or "")
    long_ago = time.time() - QUIET_S - 60
    for path in folder.path.iterdir():
        os.utime(path, (long_ago, long_ago))
    assert refusal(folder) is None


def test_what_cannot_be_deleted_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One sentence."""
    folder = ended(tmp_path)

    def refuse(_: Folder) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Folder, "remove", refuse)
    with pytest.raises(MlperfTuiError, match="s-1 can't be deleted: Permission denied"):
        remove(folder)


def test_older_ones_are_those_that_have_ended(tmp_path: Path) -> None:
    """And were last written before then."""
    old, new, running = ended(tmp_path, "s-1"), ended(tmp_path, "s-2"), create(tmp_path, plan("s-3"))
    taken = held(running, hostname())
    for folder in (old, running):
        for path in folder.path.iterdir():
            os.utime(path, (1, 1))
    assert [folder.id for folder in older(tmp_path, 1000.0)] == [old.id]
    assert [folder.id for folder in older(tmp_path, time.time() + 60)] == [old.id, new.id]
    taken.close()


def test_an_experiment_goes_with_its_sessions(tmp_path: Path) -> None:
    """And no other; the bytes are those of all."""
    folder, other = made(tmp_path), ended(tmp_path)
    size_bytes = folder.size() + sum(run.size() for run in folder.sessions())
    assert size(folder) == size_bytes
    assert remove(folder) == size_bytes
    assert [path.name for path in tmp_path.iterdir()] == [other.id]


def test_a_run_of_an_experiment_stays(tmp_path: Path) -> None:
    """It is evidence; the sentence says what to delete. Once the experiment is gone it is a session like any other."""
    folder = made(tmp_path)
    run = folder.sessions()[0]
    assert refusal(run) == f"{run.id} is part of {folder.id}: `mlperf-tui rm {folder.id}` deletes both"
    with pytest.raises(MlperfTuiError, match=f"{run.id} is part of {folder.id}"):
        remove(run)
    assert run.path.exists()
    folder.remove()
    assert remove(run) > 0


def test_an_experiment_that_runs_stays_whole(tmp_path: Path) -> None:
    """Also when only one of its sessions still does."""
    running, leftover = made(tmp_path, "e-20261124-091204-x-aaaa"), made(tmp_path, "e-20261124-091204-x-bbbb")
    taken = [held(running, hostname()), held(leftover.sessions()[3], hostname())]
    for path in (*running.readings(), *leftover.sessions()[3].readings()):
        path.unlink()
    assert refusal(running) == f"{running.id} is running: `mlperf-tui stop {running.id}` first"
    with pytest.raises(MlperfTuiError, match="-2a is running"):
        remove(leftover)
    assert len(leftover.sessions()) == 4
    for one in taken:
        one.close()


def test_a_removal_that_was_broken_off_can_be_gone_on_with(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The experiment goes last: until then it knows what is left of it."""
    folder = made(tmp_path)
    real = Folder.remove

    def until_the_third(run: Folder) -> None:
        if run.id.endswith("-2b"):
            raise PermissionError(13, "Permission denied")
        real(run)

    monkeypatch.setattr(Folder, "remove", until_the_third)
    with pytest.raises(MlperfTuiError, match=f"{folder.id} can't be deleted: Permission denied"):
        remove(folder)
    assert len(folder.sessions()) == 2
    monkeypatch.undo()
    remove(folder)
    assert list(tmp_path.iterdir()) == []


def test_an_experiment_is_old_as_a_whole(tmp_path: Path) -> None:
    """Its sessions aren't old without it, nor is it without all of them."""
    folder, alone = made(tmp_path), ended(tmp_path)
    parts: list[Either] = [folder, *folder.sessions()]
    for part in (*parts[:-1], alone):
        for path in part.path.iterdir():
            os.utime(path, (1, 1))
    assert [one.id for one in older(tmp_path, 1000.0)] == [alone.id]
    for path in parts[-1].path.iterdir():
        os.utime(path, (1, 1))
    assert [one.id for one in older(tmp_path, 1000.0)] == [alone.id, folder.id]
    for path in folder.readings():
        path.unlink()
    taken = held(folder, hostname())
    os.utime(folder.lock, (1, 1))
    assert [one.id for one in older(tmp_path, 1000.0)] == [alone.id]
    taken.close()
