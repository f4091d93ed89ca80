"""A sampler that fails or hangs costs only itself."""

from __future__ import annotations

import threading

import pytest

from mlperf_tui.recorder.loop import Pace


def test_a_failing_sampler_is_asked_again(capsys: pytest.CaptureFixture[str]) -> None:
    """Its traceback goes to the recorder's own output; the next tick comes all the same."""
    calls, twice = [], threading.Event()

    def fail() -> None:
        calls.append(1)
        if len(calls) == 2:
            twice.set()
        raise ValueError("no answer")

    pace = Pace("x", 0.01, fail)
    pace.start()
    assert twice.wait(30)
    pace.end(30)
    assert "no answer" in capsys.readouterr().err


def test_a_hanging_sampler_is_left_behind() -> None:
    """The end does not wait for it longer than its patience, and another one ticks meanwhile."""
    release, ticked = threading.Event(), threading.Event()

    def hang() -> None:
        release.wait(60)

    hanging, other = Pace("a", 0.01, hang), Pace("b", 0.01, ticked.set)
    hanging.start()
    other.start()
    assert ticked.wait(30)
    hanging.end(0.05)
    assert hanging.is_alive()
    release.set()
    other.end(30)
    hanging.join(30)


def test_ticks_that_could_not_be_kept_are_counted() -> None:
    """A tick that takes several periods skips those, and says so."""
    done, gate = threading.Event(), threading.Event()
    pace: Pace

    def slow() -> None:
        gate.wait(0.2)
        done.set()

    pace = Pace("x", 0.01, slow)
    pace.start()
    assert done.wait(30)
    pace.end(30)
    assert pace.late >= 1
