"""Experiments as a person runs them: a known ratio is found, and no kill, stop or hang-up loses what is known."""

from __future__ import annotations

import itertools
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from mlperf_tui.records import Alarm, Mark, Step
from mlperf_tui.session import lock
from mlperf_tui.session.experiments import ExperimentFolder, experiments
from mlperf_tui.session.folder import Folder, sessions
from mlperf_tui.session.follow import Follower
from mlperf_tui.session.status import status
from tests.e2e.terminal import Opener
from tests.e2e.tool import PROGRAMS, Tool, kill, until

TRAIN = str(PROGRAMS / "train.py")
VARY = ("--vary", "pause=0.004,0.008")
LOOP = ("--", sys.executable, TRAIN, "150", "{pause}")


def _start(tool: Tool, *words: str) -> ExperimentFolder:
    """An experiment that has begun its first pair."""
    said = tool("ab", "--detach", *words)
    assert said.code == 0, said.err
    folder = ExperimentFolder(tool.root / said.out.strip())
    until(folder.sessions, "the first session")
    return folder


def _report(tool: Tool, folder: ExperimentFolder) -> dict[str, Any]:
    said = tool("summary", folder.id, "--format", "json")
    assert said.code == 0, said.err
    body: dict[str, Any] = json.loads(said.out)
    return body


def _ended(folder: ExperimentFolder) -> str:
    until(lambda: not status(folder).live, "the experiment's end")
    return status(folder).word


def _runner(folder: ExperimentFolder) -> int:
    def known() -> bool:
        found = lock.read(folder.lock)
        return bool(found and found.recorder and found.recorder.alive)

    until(known, "the runner")
    found = lock.read(folder.lock)
    assert found is not None
    assert found.recorder is not None
    return found.recorder.pid


def _finished(folder: ExperimentFolder) -> set[str]:
    return {run.id for run in folder.sessions() if status(run).word == "finished"}


def test_a_known_ratio_is_found(tool: Tool) -> None:
    """Half the pause is about twice the speed; the report says so in JSON, and the list has one row for it all."""
    said = tool("ab", *VARY, "--pairs", "4", "--within", "20%", "--format", "json", *LOOP)
    assert said.code == 0, said.err
    told = json.loads(said.out)
    assert (told["conclusion"], told["pairs"], told["refused"]) == ("slower", 4, [])
    low, high = told["interval"]
    assert low < told["ratio"] < high < 0.75
    assert told["ratio"] == pytest.approx(0.53, abs=0.1)
    assert len(told["sessions"]) == 8
    assert "pair 4" in said.err
    [folder] = experiments(tool.root)
    assert folder.summary.exists()
    assert [line for line in tool("list").out.splitlines() if folder.id in line]
    order = [run.plan().arm for run in folder.sessions()]
    assert order == ["0.004", "0.008", "0.008", "0.004"] * 2
    broken = tool("ab", "--continue", folder.id, "--fail-if", "slower:3%")
    assert broken.code == 1
    assert "slower" in broken.out


def test_a_runner_that_is_killed_can_be_gone_on_with(tool: Tool) -> None:
    """What is finished stays, the pair that was broken off is run again, and the verdict is the same."""
    folder = _start(tool, *VARY, "--pairs", "4", "--within", "20%", *LOOP)
    until(lambda: len(_finished(folder)) >= 2, "the first pair")
    kill(_runner(folder))
    until(lambda: status(folder).word == "interrupted", "its status")
    until(lambda: not any(status(run).live for run in folder.sessions()), "the run in flight")
    before = _finished(folder)
    said = tool("ab", "--continue", folder.id, "--format", "json")
    assert said.code == 0, said.err
    told = json.loads(said.out)
    assert (told["conclusion"], told["pairs"]) == ("slower", 4)
    assert before <= {run["id"] for run in told["sessions"]}
    assert status(folder).word == "finished"


def _left_going(tool: Tool, steps: int) -> tuple[ExperimentFolder, Folder]:
    """An experiment of whole runs whose runner was killed, and the run of it that goes on."""
    folder = _start(tool, *VARY, "--pairs", "1", "--", sys.executable, TRAIN, str(steps), "{pause}")
    [run] = folder.sessions()
    until(lambda: any(isinstance(record, Step) for _, record in Follower(run).read()), "its first step")
    kill(_runner(folder))
    until(lambda: status(folder).word == "interrupted", "its status")
    assert status(run).word == "running"
    assert status(folder).detail == "its runner is gone, 1 run of it still goes"
    return folder, run


def test_what_a_killed_runner_left_going_ends_before_another_begins(tool: Tool) -> None:
    """No two share their time, and one process an arm counts; what it was, and why it ended, is told."""
    folder, orphan = _left_going(tool, 1500)
    said = tool("ab", "--continue", folder.id, "--format", "json")
    assert said.code == 0, said.err
    assert f"has left a run going, which must end first: {orphan.id}" in said.err
    assert "pair 1: running 0.008" in said.err
    told = json.loads(said.out)
    assert (told["pairs"], status(folder).detail) == (1, "ended after 1 pair, as many as were asked for")
    assert [run["arm"] for run in told["sessions"] if run["counts"]] == ["0.004", "0.008"]
    [first, *others] = told["sessions"]
    assert (first["id"], first["status"], first["usable"]) == (orphan.id, "stopped", False)
    lives = [run["spans"][0] for run in told["sessions"]]
    assert len(others) == 2
    assert all(one[1] <= other[0] for one, other in itertools.pairwise(lives))


def test_stop_ends_what_a_killed_runner_left_going(tool: Tool) -> None:
    """And says so; the second time there is nothing to stop."""
    folder, orphan = _left_going(tool, 100000)
    said = tool("stop", folder.id)
    assert (said.code, said.out) == (
        0,
        f"{folder.id}: its runner was gone and 1 run still went; ended {orphan.id}\n",
    )
    assert status(orphan).word == "stopped"
    again = tool("stop", folder.id)
    assert (again.code, again.err) == (125, f"mlperf-tui: {folder.id} is not running: it is interrupted\n")


def test_a_workload_that_is_killed_is_run_again(tool: Tool) -> None:
    """One killed process costs its pair, not the experiment; the failure is told."""
    folder = _start(tool, *VARY, "--pairs", "2", "--", sys.executable, TRAIN, "300", "{pause}")
    [first] = folder.sessions()
    until(lambda: (held := lock.read(first.lock)) is not None and held.workload is not None, "the workload")
    held = lock.read(first.lock)
    assert held is not None
    assert held.workload is not None
    kill(held.workload.pid)
    assert _ended(folder) == "finished"
    told = _report(tool, folder)
    assert told["pairs"] == 2
    assert first.id in {run["id"] for run in told["sessions"] if not run["usable"]}
    assert any("run again" in record.text for record in folder.records() if isinstance(record, Alarm))


def test_a_program_that_always_fails_ends_the_experiment(tool: Tool) -> None:
    """Its own last words say why; the exit code says that there is no verdict."""
    said = tool("ab", *VARY, "--", "sh", "-c", "echo no such lr {pause} >&2; exit 3")
    assert said.code == 125
    assert "given up after 3 failures" in said.out
    assert "no such lr 0.004" in said.out
    assert "Traceback" not in said.out + said.err


def test_stop_ends_it_and_keeps_what_there_is(tool: Tool) -> None:
    """Nothing runs on afterwards, and it can be gone on with."""
    folder = _start(tool, *VARY, "--", sys.executable, TRAIN, "100000", "{pause}")
    stopped = tool("stop", folder.id)
    assert stopped.code == 0, stopped.err
    assert status(folder).word == "stopped"
    assert not any(status(run).live for run in sessions(tool.root))
    told = tool("summary", folder.id)
    assert told.code == 0
    assert f"mlperf-tui ab --continue {folder.id}" in told.out
    more = tool("ab", "--continue", folder.id, "--pairs", "1", "--limit", "1s", "--detach")
    assert more.code == 0, more.err
    assert _ended(folder) == "finished"
    assert status(folder).detail == "ended 1 s after it was continued, as long as was asked for"
    assert (folder.plan().most_pairs, folder.plan().limit_s) == (1, 1.0)


def test_what_a_workload_refuses_is_not_tried_again(tool: Tool) -> None:
    """Its own sentence ends the experiment: fp16 can't be had on a CPU, however often one asks."""
    said = tool("ab", "resnet50", "--device", "cpu", "--vary", "precision=fp32,amp-fp16", "--data", "synthetic")
    assert said.code == 125
    assert "amp-fp16" in said.out
    assert "can't run:" in said.out
    [folder] = experiments(tool.root)
    assert len(folder.sessions()) == 2


def test_a_closed_terminal_stops_nothing(tool: Tool, terminal: Opener) -> None:
    """The screen goes with its terminal; the experiment goes on and finishes."""
    screen = terminal("ab", *VARY, "--pairs", "2", *LOOP)
    until(lambda: experiments(tool.root), "the experiment")
    [folder] = experiments(tool.root)
    until(folder.sessions, "the first session")
    screen.hang_up()
    assert _ended(folder) == "finished"


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("resnet50", "--vary", "precision=fp32"), "two values or more"),
        (("resnet50", "--vary", "speed=1,2"), "no option of that name"),
        (("resnet50", "--vary", "batch=32,many"), "batch=many"),
        (("resnet50", "--vary", "compile=on,perhaps"), "on or off"),
        (("resnet50", "--batch", "32", "--vary", "batch=32,64"), "is what varies"),
        (("--vary", "lr=1,2", "--", "true"), "put {lr} into the command"),
        (("--", "true"), "what varies?"),
        (("resnet50", "--within", "0"), "is no share"),
        (("resnet50", "--limit", "soon"), "such as 4m"),
        (("resnet50", "--fail-if", "worse"), "slower:3%"),
        (("resnet5", "--vary", "batch=1,2"), "did you mean resnet50"),
        (("--continue", "e-none"), "no experiment e-none"),
        (("--continue", "e-none", "--batch", "3"), "--continue takes --pairs"),
        (("resnet50", "--vary", "batch=1,2", "--vary", "compile=on,off"), "one thing varies at a time"),
        (("resnet50", "--vary", "batch=1,2", "--checkpoint", "here"), "--checkpoint is for one run"),
        (("resnet50", "--vary", "checkpoint=here,there"), "--checkpoint is for one run"),
        (("--vary", "env:=1,2", "--", "true"), "name a variable behind env:"),
    ],
)
def test_bad_input_gets_a_sentence(tool: Tool, words: tuple[str, ...], sentence: str) -> None:
    """One clear sentence, an exit code of the tool's own, and nothing left behind."""
    said = tool("ab", *words)
    assert said.code in {125, 126, 127}
    assert sentence in said.err
    assert len(said.err.strip().splitlines()) == 1
    assert experiments(tool.root) == []


def test_a_pair_of_ours_takes_turns(tool: Tool) -> None:
    """Both processes of ResNet-50 run at once, and never train at the same time; one pair alone is no verdict."""
    options = ("--data", "synthetic", "--batch", "4", "--workers", "0", "--device", "cpu")
    said = tool("ab", "resnet50", *options, "--pairs", "1", "--format", "json")
    assert said.code == 0, said.err
    told = json.loads(said.out)
    assert (told["conclusion"], told["pairs"], told["learning"]["conclusion"]) == ("cannot_tell", 1, "cannot_tell")
    [folder] = experiments(tool.root)
    turns = sorted(turn for run in folder.sessions() for turn in _turns(run))
    assert len(turns) >= 6
    measured = [turn for turn in turns if turn[1] < float("inf")]
    assert all(one[1] <= other[0] for one, other in itertools.pairwise(measured))


def _turns(run: Folder) -> list[tuple[float, float]]:
    """From when to when a run had its turn; the last one, in which it is stopped, is open."""
    marks = [record for _, record in Follower(run).read() if isinstance(record, Mark)]
    starts = [mark.t for mark in marks if mark.key == "turn_start"]
    waits = [mark.t for mark in marks if mark.key == "turn_wait"][1:]
    return list(zip(map(float, starts), [*map(float, waits), float("inf")], strict=False))


def test_stored_sessions_are_compared(tool: Tool) -> None:
    """Three of each give a verdict; one of each gives numbers, and says that they are none."""
    folders = [
        tool.start("--name", f"{name}{n}", "--", sys.executable, TRAIN, "150", pause)
        for n in range(3)
        for name, pause in (("quick", "0.004"), ("slow", "0.008"))
    ]
    for folder in folders:
        until(lambda folder=folder: status(folder).ended and folder.summary.exists(), "its end")  # type: ignore[misc]
    names = [[f"{name}{n}" for n in range(3)] for name in ("quick", "slow")]
    said = tool("compare", "--format", "json", "--within", "20%", *names[0], "--", *names[1])
    assert said.code == 0, said.err
    told = json.loads(said.out)
    assert (told["conclusion"], told["refused"]) == ("slower", [])
    one = tool("compare", names[0][0], "--", names[1][0])
    assert one.code == 0
    assert "no verdict" in one.out
    assert tool("compare", "--fail-if", "slower:3%", *names[0], "--", *names[1]).code == 1
    assert tool("compare", *names[0]).code == 125
    twice = tool("compare", names[0][0], names[0][0], "--", *names[1])
    assert (twice.code, "named twice" in twice.err) == (125, True)


def test_the_environment_can_vary(tool: Tool, tmp_path: Path) -> None:
    """Each arm's processes see its value, and the plan keeps it."""
    program = tmp_path / "say.py"
    program.write_text("import os; open(os.environ['MLPERF_TUI_STEPS'] + '/said', 'w').write(os.environ['MINE'])\n")
    said = tool("ab", "--vary", "env:MINE=a,b", "--pairs", "1", "--", sys.executable, str(program))
    assert said.code == 125
    assert "must report its steps" in said.out
    [folder] = experiments(tool.root)
    for run in folder.sessions():
        assert (run.path / "said").read_text() == run.plan().arm == run.plan().env_kept["MINE"]
