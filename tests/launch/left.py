"""An experiment whose runner is gone, and a run of it that goes on."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from mlperf_tui import launch
from mlperf_tui.records import Clock, Experiment, Stage
from mlperf_tui.session import lock
from mlperf_tui.session.alive import Process, myself
from mlperf_tui.session.experiments import ExperimentFolder, create
from mlperf_tui.session.folder import Folder
from mlperf_tui.session.log import Log
from mlperf_tui.session.status import status
from mlperf_tui.steps.facts import boot_id, hostname

PATIENCE_S = 60
GONE = Process(1, 0)
"""No process has this start."""

SLEEPS = ("sh", "-c", "echo begun; exec sleep 600")


def until_running(run: Folder) -> None:
    """Returns once its recorder has started the program."""
    until = time.monotonic() + PATIENCE_S
    while status(run).word != "running":
        assert time.monotonic() < until, status(run)
        time.sleep(0.05)


def held(folder: ExperimentFolder, runner: Process) -> lock.Lock:
    """Its lock with that runner's name in it."""
    found = lock.Lock.take(folder.lock)
    assert found is not None
    found.write(lock.Holders(hostname(), boot_id(), recorder=runner, workload=runner))
    return found


def experiment(root: Path, *runs: str) -> ExperimentFolder:
    """An experiment that says to have started these; its runner is gone."""
    folder = create(root, _plan())
    log = Log(folder.new_log())
    log.write(Clock(time.monotonic_ns(), time.time_ns(), hostname(), boot_id()))
    for run in runs:
        log.write(Stage(time.monotonic_ns(), "running a", 1, "a", run))
    log.close()
    held(folder, GONE).close()
    return folder


@contextlib.contextmanager
def left_going(root: Path) -> Iterator[tuple[ExperimentFolder, Folder]]:
    """The experiment and the run that goes on without its runner; whatever is still there at the end is killed."""
    asked = launch.Request(command=SLEEPS, grace_s=5.0)
    run = launch.start(replace(launch.plan(asked, SLEEPS), experiment=_plan().id, arm="a", pair=1), SLEEPS, root)
    try:
        until_running(run)
        yield experiment(root, run.id), run
    finally:
        kill_all(run)


def kill_all(of: Folder | ExperimentFolder) -> None:
    """Its recorder or runner and its program, but never the test itself."""
    found = lock.read(of.lock)
    for process in (found.recorder, found.workload) if found else ():
        if process is not None and process.alive and process != myself():
            with contextlib.suppress(ProcessLookupError):
                os.kill(process.pid, signal.SIGKILL)


def _plan() -> Experiment:
    return Experiment(
        id="e-20261124-091204-sleep-left",
        kind="command",
        workload="sleep",
        factor="what",
        arms=("a", "b"),
        argvs=(SLEEPS, SLEEPS),
        envs=({}, {}),
        options=({}, {}),
        command=("mlperf-tui", "ab"),
        cwd=str(Path.cwd()),
        host=hostname(),
        utc="2026-11-24T09:12:04Z",
        grace_s=5.0,
    )
