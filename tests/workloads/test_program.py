"""A workload's edge: an error ends the run with its sentence, and takes the processes that load data with it."""

from __future__ import annotations

import multiprocessing
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator

import psutil
import pytest

from workloads.common.program import end_workers

BREAKS = """
import multiprocessing, sys
from workloads.common.program import run
from workloads.transformer import task
from workloads.transformer.__main__ import main

def broken(self, forward, batch):
    print("workers", *(one.pid for one in multiprocessing.active_children()), flush=True)
    raise RuntimeError("the first step breaks")

task.Translation.loss = broken
sys.exit(run("transformer", lambda _: main(["--scale=tiny", "--workers=2", "--device=cpu"])))
"""


def deaf() -> None:
    """A worker that TERM doesn't end, for as long as any test may take."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    time.sleep(3600)


@pytest.fixture
def as_before() -> Iterator[None]:
    """What this process does of a child's end, and of a thread's."""
    child, thread = signal.getsignal(signal.SIGCHLD), threading.excepthook
    yield
    signal.signal(signal.SIGCHLD, child)
    threading.excepthook = thread


@pytest.mark.usefixtures("as_before")
def test_workers_are_ended_at_once() -> None:
    """By KILL, since TERM gives them some seconds for the last batches of a run that is stopped."""
    worker = multiprocessing.get_context("fork").Process(target=deaf, daemon=True)
    worker.start()
    end_workers()
    worker.join()
    assert worker.exitcode == -signal.SIGKILL


@pytest.mark.usefixtures("as_before")
def test_a_thread_that_misses_its_workers_says_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    """As the one that pins memory does, with a traceback behind the error that matters."""
    end_workers()
    thread = threading.Thread(target=lambda: int("no worker"))
    thread.start()
    thread.join()
    assert capsys.readouterr() == ("", "")


def test_an_error_in_training_is_the_last_that_is_said() -> None:
    """Not that workers were killed; and none is left."""
    done = subprocess.run([sys.executable, "-c", BREAKS], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == "RuntimeError: the first step breaks"
    [workers] = [line.split()[1:] for line in done.stdout.splitlines() if line.startswith("workers ")]
    assert len(workers) == 2
    assert not any(psutil.pid_exists(int(worker)) for worker in workers)
