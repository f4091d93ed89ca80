"""Pairs whose processes run one after the other: they don't fit in memory together, or their program takes no turns.

The program takes a file for the memory: one that is started while another still runs ends at once.
"""

from __future__ import annotations

import itertools
import json
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from mlperf_tui.launch import ARGVS, ON_END, detached
from mlperf_tui.launch.detached import start_detached
from mlperf_tui.launch.experiment import RUNNER
from mlperf_tui.recorder.experiment.pair import Pair
from mlperf_tui.recorder.experiment.run import Refused, RunEnded
from mlperf_tui.records import Alarm, Clock, End, Experiment, Record, Stage, Step
from mlperf_tui.report.ab.build import build
from mlperf_tui.session import lock
from mlperf_tui.session.experiments import ExperimentFolder, create
from mlperf_tui.session.folder import Folder, sessions
from mlperf_tui.session.log import Log, Tail
from mlperf_tui.session.status import status
from mlperf_tui.steps.facts import boot_id, hostname
from tests.launch.left import kill_all

PATIENCE_S = 120
STEPS = 60
PROGRAM = f"""
import fcntl, sys, time
from mlperf_tui.steps import Steps

memory = open(sys.argv[1], "w")
try:
    fcntl.flock(memory, fcntl.LOCK_EX | fcntl.LOCK_NB)
except OSError:
    sys.exit("out of memory")
does, at = sys.argv[2], int(sys.argv[3])
steps = Steps(samples_per_step=8, epochs=1, steps_per_epoch={STEPS})
for n in steps.over(range({STEPS})):
    if n == at and does == "stall":
        time.sleep(120)
    if n == at:
        print("a last word", flush=True)
        sys.exit(int(does))
    time.sleep(0.005)
    steps.end(loss=1.0)
"""
"""Its windows are short, since it says that few steps are left. At a step it ends with an exit code, or stalls."""

MIDWAY = "21"
"""A step behind the longest warm-up: it lies in a window."""

WELL, FAILS, REFUSES, STALLS = ("0", "-1"), ("3", MIDWAY), ("2", "0"), ("stall", MIDWAY)
"""What the program does, and at which step."""


class Lab:
    """An experiment without its runner: what that would note is noted; `idle` is called between two looks."""

    def __init__(self, root: Path, *arms: tuple[str, str], turns: bool, pairs: int = 2) -> None:
        program = root / "loop.py"
        program.write_text(PROGRAM)
        self.argvs = tuple((sys.executable, str(program), str(root / "memory"), *arm) for arm in arms)
        self.folder = create(root / "sessions", _asked(self.argvs, turns=turns, most_pairs=pairs))
        self.idle: Callable[[], None] = lambda: None
        self.said: list[str] = []
        self.live_at_start: list[int] = []
        self._log: Log | None = None

    @property
    def sessions(self) -> list[Folder]:
        return self.folder.sessions()

    @property
    def words(self) -> dict[str, str]:
        """How the session of each arm, by pair and arm, has come out."""
        return {f"{run.plan().pair} {run.plan().arm}": status(run).word for run in self.sessions}

    def pair(self, number: int = 1) -> Pair:
        return Pair(self.folder, number, self.argvs, self._say, self.idle, {})

    def close(self) -> None:
        if self._log is not None:
            self._log.close()

    def _say(self, text: str, arm: str | None = None, session: str | None = None) -> None:
        """As the runner does; before a start it is counted who runs."""
        if self._log is None:
            self._log = Log(self.folder.log())
            self._log.write(Clock(time.monotonic_ns(), time.time_ns(), hostname(), boot_id()))
        if text.startswith("starting"):
            self.live_at_start.append(sum(status(run).live for run in self.sessions))
        self.said.append(text)
        self._log.write(Stage(time.monotonic_ns(), text, 1, arm, session))


def _asked(argvs: tuple[tuple[str, ...], ...], **more: Any) -> Experiment:
    return Experiment(
        id="e-20261124-091204-loop-test",
        kind="command",
        workload="loop.py",
        factor="what",
        arms=("A", "B"),
        argvs=argvs,
        envs=({}, {}),
        options=({}, {}),
        command=argvs[0],
        cwd=str(Path.cwd()),
        host=hostname(),
        utc="2026-11-24T09:12:04Z",
        grace_s=10.0,
        **more,
    )


@pytest.fixture
def root(tmp_path: Path) -> Iterator[Path]:
    """Where all lies; whatever still runs at the end is killed."""
    yield tmp_path
    for folder in [ExperimentFolder(path.parent) for path in tmp_path.glob("sessions/*/experiment.json")]:
        kill_all(folder)
    for session in sessions(tmp_path / "sessions"):
        kill_all(session)


def _records(paths: list[Path]) -> list[Record]:
    return [record for path in paths for record in Tail(path).read()]


def _lasted(run: Folder) -> tuple[int, int]:
    """From its recorder's first line, which it writes before it starts the program, to its End."""
    found = _records(run.readings())
    return (
        min(record.t for record in found if isinstance(record, Clock)),
        max(record.t for record in found if isinstance(record, End)),
    )


def _one_after_the_other(runs: list[Folder]) -> bool:
    return all(one[1] <= other[0] for one, other in itertools.pairwise(_lasted(run) for run in runs))


@pytest.mark.parametrize(("number", "order"), [(1, ["A", "B"]), (2, ["B", "A"])])
def test_in_windows_one_process_follows_the_other(root: Path, number: int, order: list[str]) -> None:
    """A B in an odd pair, B A in an even one: each is warmed up and measured twice before the next one starts."""
    lab = Lab(root, WELL, WELL, turns=True)
    lab.pair(number).apart_in_windows()
    lab.close()
    steps = ("starting", "warming up", "measuring", "measuring")
    assert lab.said == [f"{step} {arm}" for arm in order for step in steps]
    assert [run.plan().arm for run in lab.sessions] == order
    assert lab.live_at_start == [0, 0]
    assert _one_after_the_other(lab.sessions)
    assert set(lab.words.values()) <= {"stopped", "finished"}


def test_what_is_measured_in_windows_counts(root: Path) -> None:
    """Two windows of each process, and one whole pair of the two."""
    lab = Lab(root, WELL, WELL, turns=True)
    lab.pair().apart_in_windows()
    lab.close()
    ab = build(lab.folder)
    assert (ab.pairs, ab.refused) == (1, ())
    assert [(process.arm, process.usable, len(process.windows)) for process in ab.processes] == [
        ("A", True, 2),
        ("B", True, 2),
    ]
    assert all(window.steps >= 8 for process in ab.processes for window in process.windows)


def test_one_that_fails_midway_in_windows_is_told(root: Path) -> None:
    """By its own last word; the one before it stays usable, and no pair is made of it alone."""
    lab = Lab(root, WELL, FAILS, turns=True)
    with pytest.raises(RunEnded, match=r"-1b failed: a last word$"):
        lab.pair().apart_in_windows()
    lab.close()
    assert lab.words["1 B"] == "failed"
    ab = build(lab.folder)
    assert ab.pairs == 0
    assert [(process.arm, process.usable) for process in ab.processes] == [("A", True), ("B", False)]


def test_after_one_that_fails_in_windows_none_is_started(root: Path) -> None:
    """The pair is lost anyway: the other arm's time is saved."""
    lab = Lab(root, FAILS, WELL, turns=True)
    with pytest.raises(RunEnded, match="-1a failed: a last word"):
        lab.pair().apart_in_windows()
    lab.close()
    assert lab.words == {"1 A": "failed"}


def test_one_that_refuses_in_windows_is_told_apart(root: Path) -> None:
    """By exit code 2 it says that it will never do it: that is no RunEnded, after which the pair is tried again."""
    lab = Lab(root, WELL, REFUSES, turns=True)
    with pytest.raises(Refused, match="-1b can't run: a last word"):
        lab.pair().apart_in_windows()
    lab.close()
    assert lab.words["1 B"] == "failed"


def test_one_that_loses_its_recorder_in_windows_is_ended(root: Path) -> None:
    """It is told, and another recorder is brought to end what nobody records."""
    lab = Lab(root, STALLS, WELL, turns=True)
    killed: list[int] = []

    def kill_recorder() -> None:
        [run] = lab.sessions
        held = lock.read(run.lock)
        if killed or not any(isinstance(record, Step) for record in _records(run.steps())):
            return
        if held is None or held.recorder is None or held.workload is None:
            return  # a busy machine's program may have stepped before its recorder has noted whom it started
        os.kill(held.recorder.pid, signal.SIGKILL)
        killed.append(held.recorder.pid)

    lab.idle = kill_recorder
    with pytest.raises(RunEnded, match="-1a has lost its recorder"):
        lab.pair().apart_in_windows()
    lab.close()
    assert lab.words == {"1 A": "stopped"}
    [run] = lab.sessions
    assert len(run.readings()) == 2
    held = lock.read(run.lock)
    assert held is not None
    assert held.workload is not None
    assert not held.workload.alive


class Enough(Exception):
    """What `idle` raises where a pair is to be broken off."""


@pytest.mark.parametrize("turns", [True, False])
def test_a_pair_that_is_broken_off_leaves_nothing_running(root: Path, turns: bool) -> None:
    """Whoever asks gets the reason back once the process has ended, and the other arm is not begun."""
    lab = Lab(root, STALLS, WELL, turns=turns)

    def break_off() -> None:
        if any(isinstance(record, Step) for run in lab.sessions for record in _records(run.steps())):
            raise Enough

    lab.idle = break_off
    pair = lab.pair()
    with pytest.raises(Enough):
        (pair.apart_in_windows if turns else pair.apart_to_the_end)()
    lab.close()
    assert lab.words == {"1 A": "stopped"}


@pytest.mark.parametrize(("number", "order"), [(1, ["A", "B"]), (2, ["B", "A"])])
def test_whole_runs_follow_one_another(root: Path, number: int, order: list[str]) -> None:
    """Each takes all its steps without a turn, in the pair's order, and the pair counts."""
    lab = Lab(root, WELL, WELL, turns=False)
    lab.pair(number).apart_to_the_end()
    lab.close()
    assert lab.said == [f"{doing} {arm}" for arm in order for doing in ("starting", "running")]
    assert lab.live_at_start == [0, 0]
    assert _one_after_the_other(lab.sessions)
    assert set(lab.words.values()) == {"finished"}
    for run in lab.sessions:
        assert [record.n for record in _records(run.steps()) if isinstance(record, Step)] == list(range(STEPS))
        assert not run.turn.exists()
    ab = build(lab.folder)
    assert (ab.pairs, [process.arm for process in ab.processes]) == (1, order)


@pytest.mark.parametrize(
    ("arms", "said", "words"),
    [
        ((FAILS, WELL), "-1a failed: a last word", {"1 A": "failed"}),
        ((WELL, FAILS), "-1b failed: a last word", {"1 A": "finished", "1 B": "failed"}),
    ],
)
def test_a_whole_run_that_fails_is_told(
    root: Path, arms: tuple[tuple[str, str], ...], said: str, words: dict[str, str]
) -> None:
    """By its own last word; none is started after it."""
    lab = Lab(root, *arms, turns=False)
    with pytest.raises(RunEnded, match=said):
        lab.pair().apart_to_the_end()
    lab.close()
    assert lab.words == words
    assert build(lab.folder).pairs == 0


def _run(lab: Lab) -> End:
    """The End that the runner itself writes, launched as `ab` does."""
    told = {ARGVS: json.dumps(lab.argvs), ON_END: ""}
    start_detached(lab.folder, RUNNER, lab.folder.recorder_output, [], told, new=True)
    until = time.monotonic() + PATIENCE_S
    while status(lab.folder).live:
        assert time.monotonic() < until, "the runner does not end"
        time.sleep(0.05)
    end = status(lab.folder).end
    assert end is not None, lab.folder.recorder_output.read_text()
    return end


def _alarms(lab: Lab) -> list[Alarm]:
    return [record for record in lab.folder.records() if isinstance(record, Alarm)]


def test_two_that_do_not_fit_together_run_apart(root: Path) -> None:
    """The runner tries both at once, says why that won't do, and runs one after the other from there: A B, then B A."""
    lab = Lab(root, WELL, WELL, turns=True)
    end = _run(lab)
    assert (end.status, end.why) == ("finished", "ended after 2 pairs, as many as were asked for")
    [alarm] = _alarms(lab)
    assert alarm.kind == "apart"
    assert "out of memory" in alarm.text
    together, apart = lab.sessions[:2], lab.sessions[2:]
    assert "failed" in {status(run).word for run in together}
    assert [(run.plan().pair, run.plan().arm) for run in apart] == [(1, "A"), (1, "B"), (2, "B"), (2, "A")]
    assert _one_after_the_other(apart)
    ab = build(lab.folder)
    assert (ab.pairs, [process.usable for process in ab.processes][2:]) == (2, [True] * 4)


def test_one_that_always_fails_apart_ends_the_experiment(root: Path) -> None:
    """Three failures in a row: both at once, then twice one after the other; the end says what the program said."""
    lab = Lab(root, WELL, FAILS, turns=True)
    end = _run(lab)
    assert end.status == "failed"
    assert end.why.startswith("given up after 3 failures of pair 1: ")
    assert end.why.endswith("failed: a last word")
    assert [alarm.kind for alarm in _alarms(lab)] == ["apart", "pair-failed"]
    assert not any(status(run).live for run in lab.sessions)
    assert build(lab.folder).pairs == 0


def test_one_that_is_only_starting_is_asked_until_it_hears(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a busy machine a recorder may take longer to say who it is than a stop has patience for."""
    monkeypatch.setattr(detached, "START_PATIENCE_S", 0.1)
    lab = Lab(root, STALLS, WELL, turns=True)
    pair = lab.pair()
    pair._start(0, turns=True)  # both at once have no room in the memory
    living = [child for child in psutil.Process().children() if child.status() != psutil.STATUS_ZOMBIE]
    [recorder] = [child for child in living if str(root) in " ".join(child.cmdline())]
    recorder.suspend()
    threading.Timer(1.0, recorder.resume).start()
    pair.stop()
    lab.close()
    assert lab.words == {"1 A": "stopped"}
