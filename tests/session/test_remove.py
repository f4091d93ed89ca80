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
from mlperf_tui.session.folder import Folder, create
from mlperf_tui.session.remove import QUIET_S, older, refusal, remove
from mlperf_tui.steps.facts import boot_id, hostname
from tests.session.test_folder import plan


def ended(root: Path, session: str = "s-1") -> Folder:
    folder = create(root, plan(session))
    (folder.path / "readings-h-0.jsonl").write_text(encode(End(5, "finished", "exit code 0", 0)) + "\n")
    return folder


def held(folder: Folder, host: str) -> lock.Lock:
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
