"""An experiment whose runner was killed while a run of it goes on: its screen says so, and `S` ends that run."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from mlperf_tui import launch
from mlperf_tui.report.ab.build import build
from mlperf_tui.session.status import Status, status
from mlperf_tui.viewer.ab import feed as feeding
from mlperf_tui.viewer.ab.feed import AbFeed
from mlperf_tui.viewer.ab.lines import notices
from mlperf_tui.viewer.ab.picture import Picture
from mlperf_tui.viewer.ab.stop import StopExperiment
from mlperf_tui.viewer.control import Control
from tests.launch.left import left_going
from tests.viewer.ab.made import ab_of, faster, feed, ready
from tests.viewer.app_of import text_of

WIDE = (120, 36)
NARROW = (80, 24)


def interrupted(*left: str) -> Picture:
    """A runner that is gone, with runs in these states that it has left."""
    return dataclasses.replace(faster(), status=Status("interrupted", "its runner is gone"), left=left)


@pytest.mark.parametrize(
    ("left", "said"),
    [
        (("running",), "! a run of it still goes on (S: stop)"),
        (("running", "stopping"), "! 2 runs of it still go on (S: stop)"),
        (("stopping",), "! a run of it still goes on (stopping)"),
        ((), "interrupted; to go on: mlperf-tui ab --continue e-20261124-120000-resnet50-k3f9"),
    ],
)
def test_what_goes_on_is_said_first(left: tuple[str, ...], said: str) -> None:
    """Before how to go on, which nobody should while the machine is still at work."""
    assert notices(interrupted(*left))[0] == said


@pytest.mark.parametrize(("size", "told"), [(WIDE, "e-20261124-120000-resnet50-k3f9 "), (NARROW, "e-20261124-120000 ")])
async def test_how_to_go_on_is_never_cut(size: tuple[int, int], told: str) -> None:
    """A command without its id is of no use; a prefix of that is enough."""
    app = ab_of(interrupted())
    async with app.run_test(size=size) as pilot:
        await ready(pilot)
        assert f"to go on: mlperf-tui ab --continue {told}" in text_of(app)


async def test_s_stops_what_goes_on() -> None:
    """By the same question; then it is stopping, and once nothing goes on there is nothing to stop."""
    stopped: list[bool] = []
    app = ab_of(interrupted("running"), control=Control(stop=lambda: stopped.append(True)))
    async with app.run_test(size=NARROW, notifications=True) as pilot:
        await ready(pilot)
        assert "S stop" in text_of(app).splitlines()[-1]
        await pilot.press("S")
        assert isinstance(app.screen, StopExperiment)
        await pilot.press("y")
        await app.workers.wait_for_complete()
        assert stopped == [True]
        for left, why in ((("stopping",), "it is stopping already"), ((), "it has ended (interrupted)")):
            feed(app, interrupted(*left))
            await pilot.pause()
            assert "S stop" not in text_of(app).splitlines()[-1]
            await pilot.press("S")
            assert not isinstance(app.screen, StopExperiment)
            assert why in [one.message for one in app._notifications][-1]


async def test_a_run_that_was_left_is_ended_from_the_screen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A real one."""
    monkeypatch.setattr(feeding, "WEIGH_SHARE", 0)
    with left_going(tmp_path) as (folder, run):
        following = AbFeed(folder, lambda: build(folder))
        app = ab_of(following.poll(), control=Control(stop=lambda: launch.stop_experiment(folder)))
        async with app.run_test(size=WIDE) as pilot:
            await ready(pilot)
            assert "a run of it still goes on (S: stop)" in text_of(app)
            await pilot.press("S", "y")
            await app.workers.wait_for_complete()
            assert launch.wait(run, 30)
            feed(app, following.poll())
            await pilot.pause()
            assert "still goes on" not in text_of(app)
            assert "to go on: mlperf-tui ab --continue" in text_of(app)
        assert status(run).word == "stopped"


def test_once_nothing_is_left_nobody_looks_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Until there is another runner: a screen may stay open for days."""
    with left_going(tmp_path) as (folder, run):
        following = AbFeed(folder, lambda: build(folder))
        assert following.poll().left == ("running",)
        launch.stop_experiment(folder)
        assert launch.wait(run, 30)
        assert following.poll().left == ()
        monkeypatch.setattr(feeding, "runs_left", lambda _: pytest.fail("it was looked for again"))
        assert following.poll().left == ()
