"""A session's state is what its files, its lock and its processes say, however it came about."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from mlperf_tui.records import Clock, End
from mlperf_tui.session.alive import Process, myself, started
from mlperf_tui.session.folder import Folder, create
from mlperf_tui.session.lock import Holders, Lock, is_held, read
from mlperf_tui.session.log import Log
from mlperf_tui.session.status import status
from mlperf_tui.steps.facts import boot_id, hostname
from tests.session.test_folder import plan


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    """A session that has just been made."""
    return create(tmp_path, plan("s-1"))


@pytest.fixture
def lock(folder: Folder) -> Iterator[Lock]:
    """Its lock, held."""
    taken = Lock.take(folder.lock)
    assert taken is not None
    yield taken
    taken.close()


HERE = Holders(hostname(), boot_id(), recorder=myself())


def _end(folder: Folder, end: End) -> None:
    log = Log(folder.new_readings(hostname()))
    log.write(Clock(1, 1, "h", "b"), end)
    log.close()


def test_never_started(folder: Folder) -> None:
    """A launcher killed before its recorder came up leaves an interrupted session."""
    assert status(folder).word == "interrupted"


def test_starting_running_stopping(folder: Folder, lock: Lock) -> None:
    """While the recorder holds the lock, its content says how far it is."""
    assert status(folder).word == "starting"
    lock.write(HERE)
    assert status(folder).word == "starting"
    lock.write(replace(HERE, workload=myself()))
    assert status(folder).word == "running"
    lock.write(replace(HERE, workload=myself(), stopping=True))
    assert status(folder).word == "stopping"


def test_recorder_gone_workload_alive(folder: Folder) -> None:
    """The lock is free while the program lives: it runs unrecorded."""
    lock = Lock.take(folder.lock)
    assert lock is not None
    lock.write(replace(HERE, workload=myself()))
    lock.close()
    state = status(folder)
    assert state.word == "running-unrecorded"
    assert "mlperf-tui watch" in state.detail
    assert state.live


def test_a_pid_used_again_is_not_the_workload(folder: Folder) -> None:
    """The same pid with another start is somebody else's process."""
    lock = Lock.take(folder.lock)
    assert lock is not None
    lock.write(replace(HERE, workload=Process(myself().pid, myself().start + 1)))
    lock.close()
    assert status(folder).word == "interrupted"


@pytest.mark.parametrize("word", ["finished", "failed", "stopped", "interrupted"])
def test_ended(folder: Folder, lock: Lock, word: str) -> None:
    """The End line speaks, also while the recorder still holds the lock to write its summary."""
    lock.write(replace(HERE, workload=myself()))
    _end(folder, End(5, word, "because", exit_code=3))
    state = status(folder)
    assert (state.word, state.detail, state.ended) == (word, "because", True)
    assert state.end is not None
    assert state.end.exit_code == 3


def test_after_a_reboot(folder: Folder, lock: Lock) -> None:
    """Pids of another boot mean nothing."""
    lock.write(replace(HERE, boot_id="another", workload=myself()))
    state = status(folder)
    assert (state.word, state.detail) == ("interrupted", "the machine was restarted")


def test_another_host(folder: Folder, lock: Lock) -> None:
    """The lock is not asked from elsewhere: only when the files last changed is known."""
    lock.write(replace(HERE, host="elsewhere-1", workload=myself()))
    state = status(folder)
    assert state.word == "elsewhere"
    assert state.detail.endswith("by elsewhere-1")


def test_asking_never_takes_the_lock_away(folder: Folder, lock: Lock) -> None:
    """Readers come and go; a second recorder gets nothing while the first one lives."""
    assert is_held(folder.lock)
    assert Lock.take(folder.lock, patience_s=0) is None
    lock.write(HERE)
    assert read(folder.lock) == HERE


def test_the_lock_ends_with_its_last_holder(folder: Folder) -> None:
    """A child that has the descriptor keeps the lock when the launcher goes; SIGKILL of the child frees it."""
    taken = Lock.take(folder.lock)
    assert taken is not None
    child = subprocess.Popen(["sleep", "60"], pass_fds=(taken.descriptor,))
    taken.close()
    assert is_held(folder.lock)
    child.kill()
    child.wait()
    assert not is_held(folder.lock)


def test_a_zombie_has_ended() -> None:
    """A process that nobody has reaped yet is not alive."""
    child = subprocess.Popen(["true"])
    assert child.stdin is None
    while started(child.pid) is not None:
        pass
    child.wait()
    assert not Process(child.pid, 1).alive
