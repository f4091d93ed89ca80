"""Whether another pair is begun while the last one comes to its end: only where it will be ended in time."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest

from mlperf_tui.recorder.experiment import running
from mlperf_tui.recorder.experiment.running import Running
from mlperf_tui.session import lock
from tests.launch.left import experiment

PAIR_S = 25.0


class Clock:
    """Time that passes in pairs alone."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now

    def monotonic_ns(self) -> int:
        return int(self.now * 1e9)


class Pairs:
    """Stands for the class of pairs: which were started, each of which then takes its time."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.started: list[int] = []

    def __call__(self, _folder: Any, number: int, *_: Any) -> Pairs:
        self.number = number
        return self

    def start(self) -> None:
        self.started.append(self.number)

    def in_turns(self) -> None:
        self.clock.now += PAIR_S

    def stop(self) -> None:
        self.clock.now += 3.0


@pytest.mark.parametrize(
    ("limit_s", "started"),
    [(2 * PAIR_S + 1, [1, 2]), (2 * PAIR_S - 1, [1])],
)
def test_the_first_pair_tells_how_long_the_second_will_take(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit_s: float, started: list[int]
) -> None:
    """One that was begun goes on, though the first took a moment more to stop."""
    clock = Clock()
    pairs = Pairs(clock)
    monkeypatch.setattr(running, "time", clock)
    monkeypatch.setattr(running, "Pair", pairs)
    folder = experiment(tmp_path)
    folder.replan(dataclasses.replace(folder.plan(), turns=True, limit_s=limit_s))
    held = lock.Lock.take(folder.lock)
    assert held is not None
    runner = Running(folder, held, (), "")
    runner._one_pair(1)
    assert pairs.started == started
    assert (runner._enough(runner._look()) is None) == (len(started) == 2)
