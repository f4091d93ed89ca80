"""Every key of an experiment's screen, by pilot."""

from __future__ import annotations

import dataclasses

import pytest
from textual.command import CommandPalette

from mlperf_tui.errors import MlperfTuiError
from mlperf_tui.session.status import Status
from mlperf_tui.viewer.ab.happened import Runs, Stages
from mlperf_tui.viewer.ab.losses import Losses
from mlperf_tui.viewer.ab.pane import AbPane
from mlperf_tui.viewer.ab.ratio import Ratio
from mlperf_tui.viewer.ab.stop import StopExperiment
from mlperf_tui.viewer.ab.verdict import Verdict
from mlperf_tui.viewer.control import Control
from mlperf_tui.viewer.screens.help import HelpScreen
from tests.viewer.ab.made import ab_of, ended, failed, faster, feed, first_pair, nothing_yet, ready, refused
from tests.viewer.app_of import text_of

SIZE = (80, 24)
WIDE = (120, 36)


def stopping(stopped: list[bool]) -> Control:
    """Notes each stop."""
    return Control(stop=lambda: stopped.append(True))


@pytest.mark.parametrize("key", ["q", "ctrl+c", "ctrl+q"])
async def test_leaving_stops_nothing(key: str) -> None:
    """The terminal wasn't lost, and nothing was asked of the experiment."""
    stopped: list[bool] = []
    app = ab_of(first_pair(), control=stopping(stopped))
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot)
        await pilot.press(key)
    assert app.return_value is False
    assert stopped == []


async def test_a_lost_terminal_is_told() -> None:
    """So that nothing more is printed."""
    app = ab_of(first_pair())
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot)
        app.lost()
        await pilot.pause()
    assert app.return_value is True


async def test_stop_asks_and_no_is_no() -> None:
    """n, Esc and q all let it go on."""
    stopped: list[bool] = []
    app = ab_of(first_pair(), control=stopping(stopped))
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot)
        for key in ("n", "escape", "q"):
            await pilot.press("S")
            assert isinstance(app.screen, StopExperiment)
            await pilot.press(key)
            assert not isinstance(app.screen, StopExperiment)
    assert stopped == []


async def test_stop_and_yes_stops_once() -> None:
    """And the screen stays."""
    stopped: list[bool] = []
    app = ab_of(first_pair(), control=stopping(stopped))
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot)
        await pilot.press("S", "y")
        await app.workers.wait_for_complete()
        assert "Verdict" in text_of(app)
    assert stopped == [True]


async def test_a_stop_that_fails_is_told() -> None:
    """In the error's own sentence."""

    def refuse() -> None:
        raise MlperfTuiError("it runs on node9: stop it there")

    app = ab_of(first_pair(), control=Control(stop=refuse))
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        await ready(pilot)
        await pilot.press("S", "y")
        await app.workers.wait_for_complete()
        await pilot.pause()
        assert "it runs on node9" in text_of(app)


@pytest.mark.parametrize("state", [Status("finished"), Status("stopping")])
async def test_what_has_ended_or_is_stopping_cannot_be_stopped(state: Status) -> None:
    """Neither the key nor the last line offers it; the key says why, and help has it."""
    app = ab_of(dataclasses.replace(faster(), status=state))
    async with app.run_test(size=(100, 50), notifications=True) as pilot:
        await ready(pilot)
        await pilot.press("S")
        assert not isinstance(app.screen, StopExperiment)
        assert "S stop" not in text_of(app)
        [why] = [one.message for one in app._notifications]
        assert why in {"nothing to stop: it has ended (finished)", "it is stopping already"}
        await pilot.press("question_mark")
        assert "stop the experiment (asks first)" in text_of(app)


async def test_y_copies_the_report() -> None:
    """What the control gives, by OSC 52, and it is said."""
    app = ab_of(faster(), control=Control(summary=lambda: "### amp-bf16 is faster"))
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        await ready(pilot)
        await pilot.press("y")
        await app.workers.wait_for_complete()
        await pilot.pause()
        assert app.clipboard == "### amp-bf16 is faster"
        assert "report copied" in text_of(app)


async def test_without_evidence_there_is_nothing_to_copy() -> None:
    """The last line doesn't offer it."""
    app = ab_of(nothing_yet(), control=Control(summary=lambda: "never"))
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot)
        await pilot.press("y")
        await app.workers.wait_for_complete()
        assert "y copy" not in text_of(app)
        assert app.clipboard == ""


async def test_help_names_every_key() -> None:
    """Made from the bindings: each with words is there."""
    app = ab_of(first_pair())
    async with app.run_test(size=(100, 50)) as pilot:
        await ready(pilot)
        await pilot.press("question_mark")
        assert isinstance(app.screen, HelpScreen)
        shown = text_of(app)
        for one in (*app.BINDINGS, *app.main.BINDINGS, *(key for _, key in app.main.query_one(Verdict)._bindings)):
            said = one.tooltip or one.description  # type: ignore[union-attr]
            assert said in shown or said == "back from an enlarged pane"
        await pilot.press("escape")
        assert not isinstance(app.screen, HelpScreen)


async def test_the_palette_does_what_a_key_does() -> None:
    """Every action with words, once."""
    stopped: list[bool] = []
    app = ab_of(first_pair(), control=stopping(stopped))
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot)
        commands = {command.title: command for command in app.get_system_commands(app.screen)}
        assert len(commands) >= 6
        await commands["stop the experiment (asks first)"].callback()
        await pilot.pause()
        assert isinstance(app.screen, StopExperiment)
        await pilot.press("n", "ctrl+p")
        await pilot.pause()
        assert isinstance(app.screen, CommandPalette)


async def test_enter_enlarges_and_escape_goes_back() -> None:
    """Enlarged it says where its numbers come from, and how old they are."""
    app = ab_of(faster())
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot)
        await pilot.press("tab", "enter")
        await pilot.pause()
        shown = text_of(app)
        assert "repeated confidence intervals" in shown
        assert "weighed 1 s ago" in shown
        assert "Arms" not in shown
        await pilot.press("escape")
        await pilot.pause()
        assert "repeated confidence intervals" not in text_of(app)
        assert "Arms" in text_of(app)


async def test_tab_goes_round_the_panes_that_are_shown() -> None:
    """And shift-tab back. At this size runs and events have no place."""
    app = ab_of(faster())
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot)
        seen = []
        for _ in range(4):
            seen.append(type(app.main.focused).__name__)
            await pilot.press("tab")
        assert seen == ["Verdict", "Ratio", "Arms", "Losses"]
        assert isinstance(app.main.focused, Verdict)
        await pilot.press("shift+tab")
        assert isinstance(app.main.focused, Losses)


async def test_tab_reaches_every_pane_once_one_is_enlarged() -> None:
    """So that nothing is out of reach on a small terminal."""
    app = ab_of(faster())
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot)
        await pilot.press("enter", "shift+tab")
        await pilot.pause()
        assert isinstance(app.main.focused, Stages)
        assert "pair 4: measuring fp32" in text_of(app)
        await pilot.press("shift+tab")
        await pilot.pause()
        assert isinstance(app.main.focused, Runs)
        assert "8 of 8 count" in text_of(app)
        await pilot.press("escape")
        await pilot.pause()
        assert isinstance(app.main.focused, Verdict), "a pane without a place doesn't keep the focus"


async def test_a_pane_scrolls() -> None:
    """By keys and by the wheel."""
    app = ab_of(faster())
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot)
        assert "TF32 off" not in text_of(app)
        await pilot.press("pagedown", "pagedown")
        await pilot.pause()
        assert "TF32 off" in text_of(app)
        await pilot.press("up", "up", "up", "up", "up", "up")
        assert "amp-bf16 is 4.1 times faster" in text_of(app)


async def test_a_click_takes_the_focus_and_two_enlarge() -> None:
    """The mouse works; nothing needs it."""
    app = ab_of(faster())
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot)
        await pilot.click(Ratio)
        assert isinstance(app.main.focused, Ratio)
        await pilot.click(Ratio, times=2)
        await pilot.pause()
        assert "repeated confidence intervals" in text_of(app)


async def test_alarms_are_seen_once() -> None:
    """`a` takes them off; a newer one comes up again."""
    shown = failed()
    alone = dataclasses.replace(shown, status=Status("running"), alarms=shown.alarms[:1])
    app = ab_of(alone)
    async with app.run_test(size=WIDE) as pilot:
        await ready(pilot)
        assert "! 12:00:09 pair 1 failed" in text_of(app)
        await pilot.press("a")
        await pilot.pause()
        assert "! 12:00:09" not in text_of(app)
        feed(app, dataclasses.replace(shown, status=Status("running")))
        await pilot.pause()
        assert "! 12:00:18 pair 1 failed" in text_of(app)


async def test_how_to_go_on_is_told() -> None:
    """Of what was broken off; what was refused would be refused again."""
    for picture, told in ((failed(), True), (refused(), False)):
        app = ab_of(picture)
        async with app.run_test(size=WIDE) as pilot:
            await ready(pilot)
            assert ("mlperf-tui ab --continue e-20261124-120000-resnet50-k3f9" in text_of(app)) is told


async def test_a_newer_picture_moves_no_pane() -> None:
    """A verdict that gets shorter leaves the panes where they are; the end rings once."""
    app = ab_of(faster("running"))
    rung: list[bool] = []
    app.bell = lambda: rung.append(True)  # type: ignore[method-assign]
    async with app.run_test(size=WIDE) as pilot:
        await ready(pilot)
        places = {type(pane): pane.region for pane in app.main.query(AbPane)}
        shown = faster()
        assert shown.held is not None
        short = dataclasses.replace(shown.held, ab=dataclasses.replace(shown.held.ab, warnings=()))
        feed(app, dataclasses.replace(shown, held=short))
        await pilot.pause()
        assert {type(pane): pane.region for pane in app.main.query(AbPane)} == places
        feed(app, dataclasses.replace(shown, held=short, status=ended("settled after 4 pairs")[0]))
        await pilot.pause()
    assert rung == [True]


async def test_the_terminal_gets_smaller_and_larger() -> None:
    """All comes back."""
    app = ab_of(faster())
    async with app.run_test(size=(160, 48)) as pilot:
        await ready(pilot)
        whole = text_of(app)
        for size in ((30, 8), (80, 24), (160, 48)):
            await pilot.resize_terminal(*size)
            await pilot.pause()
        assert text_of(app) == whole
