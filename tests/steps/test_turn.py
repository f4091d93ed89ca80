"""Turns: a loop waits between two steps for as long as it isn't its turn, and no step's time counts the wait."""

from __future__ import annotations

import fcntl
import os
import signal
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from mlperf_tui.records import About, Mark, Step
from mlperf_tui.session.log import Tail

LOOP = """
import signal, sys
from mlperf_tui.steps import Steps
signal.signal(signal.SIGTERM, lambda *_: sys.exit(7))
steps = Steps(samples_per_step=32)
for batch in steps.over(range(20)):
    steps.end()
"""
WITHOUT_OVER = """
from mlperf_tui.steps import Steps
steps = Steps(samples_per_step=32)
for _ in range(6):
    steps.end()
"""


class Giver:
    """Whoever gives the turns: holds the file locked, and says how far the loop may go."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "turn"
        self._fd = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600)
        fcntl.flock(self._fd, fcntl.LOCK_EX)
        self.allow(0)

    def allow(self, steps: int) -> None:
        os.pwrite(self._fd, struct.pack("<q", steps), 0)

    def go_away(self) -> None:
        os.close(self._fd)


@pytest.fixture
def giver(tmp_path: Path) -> Giver:
    return Giver(tmp_path)


@pytest.fixture
def start(tmp_path: Path, giver: Giver) -> Iterator[Callable[[str], subprocess.Popen[bytes]]]:
    """Starts a loop that takes turns; what still runs at the end is killed."""
    begun: list[subprocess.Popen[bytes]] = []

    def begin(code: str) -> subprocess.Popen[bytes]:
        known = {**os.environ, "MLPERF_TUI_STEPS": str(tmp_path), "MLPERF_TUI_TURN": str(giver.path)}
        begun.append(subprocess.Popen([sys.executable, "-c", code], cwd=Path(__file__).parents[2], env=known))
        return begun[-1]

    yield begin
    for process in begun:
        process.kill()
        process.wait()


def _marks(folder: Path) -> list[str]:
    file = folder / "steps-0-0.jsonl"
    return [record.key for record in Tail(file).read() if isinstance(record, Mark)]


def _steps(folder: Path) -> list[Step]:
    return [record for record in Tail(folder / "steps-0-0.jsonl").read() if isinstance(record, Step)]


def _until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < end, "it never came to that"
        time.sleep(0.02)


def test_a_loop_takes_as_many_steps_as_it_is_allowed(
    tmp_path: Path, giver: Giver, start: Callable[[str], subprocess.Popen[bytes]]
) -> None:
    """It waits before its first step, then after those that it was given, and says so; the wait is in no step."""
    process = start(LOOP)
    _until(lambda: _marks(tmp_path) == ["turn_wait"])
    assert _steps(tmp_path) == []
    assert any(isinstance(record, About) for record in Tail(tmp_path / "steps-0-0.jsonl").read())
    giver.allow(3)
    _until(lambda: _marks(tmp_path) == ["turn_wait", "turn_start", "turn_wait"])
    assert [step.n for step in _steps(tmp_path)] == [0, 1, 2]
    time.sleep(0.6)
    giver.allow(5)
    _until(lambda: len(_marks(tmp_path)) == 5)
    giver.allow(1 << 40)
    assert process.wait(60) == 0
    told = _steps(tmp_path)
    assert [step.n for step in told] == list(range(20))
    assert max((step.host_s or 0) + (step.data_s or 0) for step in told) < 0.5


def test_a_loop_that_is_not_timed_waits_after_its_steps(
    tmp_path: Path, giver: Giver, start: Callable[[str], subprocess.Popen[bytes]]
) -> None:
    """Without `over` there is no place to wait before the first step; later steps still have no `data_s`."""
    process = start(WITHOUT_OVER)
    _until(lambda: _marks(tmp_path) == ["turn_wait"])
    assert [step.n for step in _steps(tmp_path)] == [0]
    giver.allow(1 << 40)
    assert process.wait(60) == 0
    assert [step.data_s for step in _steps(tmp_path)] == [None] * 6


def test_a_loop_whose_giver_is_gone_ends_itself(
    tmp_path: Path, giver: Giver, start: Callable[[str], subprocess.Popen[bytes]]
) -> None:
    """Nobody will ever give it another turn: it is told to stop as a person would stop it."""
    process = start(LOOP)
    _until(lambda: _marks(tmp_path) == ["turn_wait"])
    giver.go_away()
    assert process.wait(60) == 7


def test_a_signal_reaches_a_loop_that_waits(
    tmp_path: Path, giver: Giver, start: Callable[[str], subprocess.Popen[bytes]]
) -> None:
    """Waiting is a Python loop: a handler runs at once."""
    process = start(LOOP)
    _until(lambda: _marks(tmp_path) == ["turn_wait"])
    process.send_signal(signal.SIGTERM)
    assert process.wait(60) == 7


def test_a_loop_that_is_released_waits_for_no_turn(
    tmp_path: Path, giver: Giver, start: Callable[[str], subprocess.Popen[bytes]]
) -> None:
    """Whoever stops the run by a signal need not wait until its turn comes."""
    process = start(LOOP.replace("lambda *_: sys.exit(7)", "lambda *_: steps.release()"))
    _until(lambda: _marks(tmp_path) == ["turn_wait"])
    process.send_signal(signal.SIGTERM)
    assert process.wait(60) == 0
    assert len(_steps(tmp_path)) == 20


def test_a_turn_file_that_is_not_there_is_no_reason_to_wait(
    tmp_path: Path, giver: Giver, start: Callable[[str], subprocess.Popen[bytes]]
) -> None:
    """Training goes on; only the experiment misses its turns."""
    giver.path.unlink()
    assert start(LOOP).wait(60) == 0
    assert _marks(tmp_path) == []
