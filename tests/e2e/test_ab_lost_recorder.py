"""A session of an experiment loses its recorder, by SIGKILL: the experiment comes to its verdict all the same."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from mlperf_tui.records import Alarm, Step
from mlperf_tui.session.experiments import ExperimentFolder
from mlperf_tui.session.folder import Folder
from mlperf_tui.session.follow import Follower
from mlperf_tui.session.status import status
from tests.e2e.tool import PROGRAMS, Tool, holders, kill, until

BEFORE, STEPS = 20, 150
HALTING = f"""
import os, sys, time
from mlperf_tui.steps import Steps

go, seconds = sys.argv[1], float(sys.argv[2])
steps = Steps(samples_per_step=8)
for part in (range({BEFORE}), range({BEFORE}, {STEPS})):
    for n in steps.over(part):
        time.sleep(seconds)
        steps.end(loss=1 / (n + 1))
    halted = time.monotonic()
    while not os.path.exists(go) and time.monotonic() < halted + 120:
        time.sleep(0.01)
steps.mark("run_stop", status="success")
"""
"""It halts between two loops, which is no step's time, until a file is there: its recorder surely dies midway."""


def _start(tool: Tool, cwd: Path, *words: str) -> ExperimentFolder:
    """Away from this repository: runs of two commits are not compared, and somebody may commit meanwhile."""
    said = tool("ab", "--detach", *words, cwd=cwd)
    assert said.code == 0, said.err
    return ExperimentFolder(tool.root / said.out.strip())


def _steps(run: Folder) -> list[int]:
    return [record.n for _, record in Follower(run).read() if isinstance(record, Step)]


def _lose_recorder(folder: ExperimentFolder, steps: int) -> Folder:
    """The first session, whose recorder was killed after so many steps."""
    until(folder.sessions, "the first session")
    [run] = folder.sessions()[:1]
    recorder = holders(run).recorder
    assert recorder is not None
    until(lambda: len(_steps(run)) >= steps, "its first steps")
    kill(recorder.pid)
    until(lambda: not recorder.alive, "the recorder to be gone")
    return run


def _verdict(tool: Tool, folder: ExperimentFolder) -> dict[str, Any]:
    """What it says once it has ended; nothing of it runs on."""
    until(lambda: not status(folder).live, "the experiment's end")
    assert status(folder).word == "finished", status(folder)
    assert not any(status(run).live for run in folder.sessions())
    said = tool("summary", folder.id, "--format", "json")
    assert said.code == 0, said.err
    told: dict[str, Any] = json.loads(said.out)
    return told


def test_a_whole_run_outlives_its_recorder(tool: Tool, tmp_path: Path) -> None:
    """The program goes on to its last step, the experiment has all its pairs, and the known ratio is found."""
    program, go = tmp_path / "halting.py", tmp_path / "go"
    program.write_text(HALTING)
    options = ("--vary", "pause=0.004,0.008", "--pairs", "4", "--within", "20%")
    folder = _start(tool, tmp_path, *options, "--", sys.executable, str(program), str(go), "{pause}")
    lost = _lose_recorder(folder, BEFORE)
    go.touch()
    told = _verdict(tool, folder)
    assert (told["conclusion"], told["pairs"], told["refused"]) == ("slower", 4, [])
    assert told["ratio"] == pytest.approx(0.53, abs=0.1)
    assert _steps(lost) == list(range(STEPS))
    assert (status(lost).word, len(lost.readings()), len(told["sessions"])) == ("finished", 2, 8)
    assert not [record for record in folder.records() if isinstance(record, Alarm)]
    assert lost.id in {run["id"] for run in told["sessions"]}
    counted = [(run["pair"], run["arm"]) for run in told["sessions"] if run["usable"]]
    assert sorted(counted) == [(pair, arm) for pair in range(1, 5) for arm in ("0.004", "0.008")]


def test_a_run_in_turns_that_loses_its_recorder_is_run_again(tool: Tool, tmp_path: Path) -> None:
    """Another recorder ends it, the alarm names it, and the pair is measured anew; the program stands for ResNet-50."""
    python = tmp_path / "python"
    real, train = sys.executable, PROGRAMS / "train.py"
    python.write_text(f'#!/bin/sh\n[ "$1" = -c ] && exec {real} "$@"\nexec {real} {train} 1000000 0.01\n')
    python.chmod(0o700)
    options = ("--device", "cpu", "--vary", "batch=4,8", "--pairs", "1")
    folder = _start(tool, tmp_path, "resnet50", *options, "--python", str(python))
    lost = _lose_recorder(folder, 1)
    told = _verdict(tool, folder)
    assert (told["pairs"], told["refused"]) == (1, [])
    assert [run["usable"] for run in told["sessions"] if run["id"] == lost.id] == [False]
    assert sorted(run["arm"] for run in told["sessions"] if run["usable"]) == ["4", "8"]
    alarms = [record.text for record in folder.records() if isinstance(record, Alarm)]
    assert [text for text in alarms if f"{lost.id} has lost its recorder" in text] == alarms != []
    assert "one process after the other" not in alarms[0]
    assert (status(lost).word, len(lost.readings())) == ("stopped", 2)
    assert _steps(lost) == list(range(len(_steps(lost))))
