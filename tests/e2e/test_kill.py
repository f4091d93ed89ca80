"""SIGKILL of each process in turn, ten rounds each: whole lines stay, `list` tells the truth, `summary` answers."""

from __future__ import annotations

import time

from mlperf_tui.records import Step
from mlperf_tui.session import lock
from mlperf_tui.session.folder import Folder
from mlperf_tui.session.follow import Follower
from mlperf_tui.session.status import status
from tests.e2e.tool import Tool, ended, holders, kill, until

ROUNDS = 10


def _steps(folder: Folder) -> list[int]:
    return [record.n for _, record in Follower(folder).read() if isinstance(record, Step)]


def test_killing_the_recorder_leaves_the_run_going(tool: Tool) -> None:
    """Ten times: the run goes on unrecorded, `watch` starts another recorder, and no step is missing at the end."""
    folder = tool.train(100_000)
    for turn in range(ROUNDS):
        held = holders(folder)
        assert held.recorder is not None
        kill(held.recorder.pid)
        until(lambda: status(folder).word == "running-unrecorded", "the lock to fall free")
        before = len(_steps(folder))
        until(lambda before=before: len(_steps(folder)) > before, "steps without a recorder")  # type: ignore[misc]
        if turn in {0, ROUNDS - 1}:
            assert tool.listed(folder) == "running-unrecorded"
            assert tool.summary(folder)["throughput"]["steps"] > 0
        _watch_a_moment(tool, folder)
    assert tool.listed(folder) == "running"
    assert tool("stop", folder.id).code == 0
    assert status(folder).word == "stopped"
    steps = _steps(folder)
    assert steps == list(range(len(steps)))
    assert len(folder.readings()) == ROUNDS + 1


def _recorder_lives(folder: Folder) -> bool:
    """The lock is taken a moment before the recorder is started."""
    held = lock.read(folder.lock)
    return held is not None and held.recorder is not None and held.recorder.alive


def _watch_a_moment(tool: Tool, folder: Folder) -> None:
    """`watch` as a person would, left again as soon as the run is recorded once more."""
    import os
    import signal
    import subprocess

    environment = {**os.environ, "MLPERF_TUI_SESSIONS": str(tool.root)}
    with subprocess.Popen(
        [str(tool.executable), "watch", folder.id], env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL
    ) as watching:
        until(lambda: status(folder).word == "running" and _recorder_lives(folder), "a new recorder")
        watching.send_signal(signal.SIGKILL)


def test_a_run_that_ends_unrecorded_is_told_as_far_as_it_is_known(tool: Tool) -> None:
    """Nobody saw the exit code; its own run_stop says how it went."""
    folder = tool.train(300)
    held = holders(folder)
    assert held.recorder is not None
    assert held.workload is not None
    workload = held.workload
    kill(held.recorder.pid)
    until(lambda: not workload.alive, "the program to end")
    assert tool.listed(folder) == "interrupted"
    body = tool.summary(folder)
    assert body["session"]["exit_code"] is None
    assert body["unknown"]["session.exit_code"] == "nobody saw the program end"
    assert any(mark["key"] == "run_stop" for mark in body["marks"])
    assert body["throughput"]["steps"] + body["throughput"]["warmup_steps"] == 300


def test_killing_the_workload(tool: Tool) -> None:
    """Ten runs, each killed a little later: all their whole lines are there, the end is told, and summaries answer."""
    for turn in range(ROUNDS):
        folder = tool.train(100_000)
        time.sleep(0.02 * turn)
        workload = holders(folder).workload
        assert workload is not None
        kill(workload.pid)
        assert ended(folder) == "failed"
        steps = _steps(folder)
        assert steps == list(range(len(steps)))
        body = tool.summary(folder)
        assert body["failure"]["signal"] == 9
        assert "SIGKILL" in body["failure"]["reason"]


def test_killing_everything_at_once(tool: Tool) -> None:
    """As a machine that loses power would: the session is interrupted, and what was written is there."""
    folder = tool.train(100_000)
    held = holders(folder)
    assert held.recorder is not None
    assert held.workload is not None
    kill(held.recorder.pid)
    kill(held.workload.pid)
    until(lambda: status(folder).word == "interrupted", "both to be gone")
    assert tool.listed(folder) == "interrupted"
    assert tool.summary(folder)["throughput"]["steps"] > 0
    assert tool("stop", folder.id).code == 125
    assert tool("rm", folder.id).code == 0
