"""Every key, by pilot."""

from __future__ import annotations

import dataclasses
import re

import pytest
from textual import events
from textual.pilot import Pilot
from textual.widgets import Input

from mlperf_tui.errors import MlperfTuiError
from mlperf_tui.session.status import Status
from mlperf_tui.viewer.control import Control
from mlperf_tui.viewer.messages import Outcome
from mlperf_tui.viewer.panes.gpus import Gpus
from mlperf_tui.viewer.panes.links import LinksLine
from mlperf_tui.viewer.panes.output import Output
from mlperf_tui.viewer.panes.pane import Pane, ScrollPane
from mlperf_tui.viewer.panes.threads import Threads
from mlperf_tui.viewer.screens.ask import AskScreen
from mlperf_tui.viewer.screens.help import HelpScreen
from mlperf_tui.viewer.screens.stop import StopScreen
from mlperf_tui.viewer.snapshot import Cost, Dump, Known, Stack
from tests.viewer.app_of import ByHand, app_of, as_running, feed, ready, recorded, text_of

SIZE = (80, 24)
S = 1_000_000_000


async def focus(pilot: Pilot[Outcome], pane: Pane) -> None:
    """The focus moves, and both panes have been drawn anew."""
    pane.focus()
    await pilot.pause()
    await pilot.pause()


async def test_q_leaves_and_the_run_goes_on() -> None:
    """The outcome says that it lives, and nothing was stopped."""
    stopped: list[bool] = []
    app = app_of(as_running(recorded("eight-gpus")), stop=lambda: stopped.append(True))
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot)
        await pilot.press("q")
    assert app.return_value is not None
    assert (app.return_value.live, app.return_value.status, app.return_value.lost) == (True, "running", False)
    assert stopped == []


async def test_ctrl_c_leaves_from_anywhere() -> None:
    """Also from under a question."""
    app = app_of(as_running(recorded("cpu-digits")))
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot)
        await pilot.press("S", "ctrl+c")
    assert app.return_value is not None
    assert app.return_value.live


async def test_leaving_what_has_ended() -> None:
    """The outcome tells how."""
    app = app_of(recorded("failed"))
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot)
        await pilot.press("q")
    assert app.return_value is not None
    assert (app.return_value.live, app.return_value.status) == (False, "failed")


async def test_stop_asks_and_no_is_no() -> None:
    """n, Esc and q all let it run."""
    stopped: list[bool] = []
    app = app_of(as_running(recorded("eight-gpus")), stop=lambda: stopped.append(True))
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot)
        for key in ("n", "escape", "q"):
            await pilot.press("S")
            assert isinstance(app.screen, StopScreen)
            await pilot.press(key)
            assert not isinstance(app.screen, StopScreen)
    assert stopped == []


async def test_stop_and_yes_stops_once() -> None:
    """The function that was passed in is called, and the screen stays."""
    stopped: list[bool] = []
    app = app_of(as_running(recorded("eight-gpus")), stop=lambda: stopped.append(True))
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot)
        await pilot.press("S", "y")
        await app.workers.wait_for_complete()
        assert "Throughput" in text_of(app)
    assert stopped == [True]


async def test_a_stop_that_fails_is_told() -> None:
    """In the error's own sentence; watching goes on."""

    def refuse() -> None:
        raise MlperfTuiError("it runs on another host")

    app = app_of(as_running(recorded("eight-gpus")), stop=refuse)
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        await ready(pilot)
        await pilot.press("S", "y")
        await app.workers.wait_for_complete()
        await pilot.pause()
        assert "it runs on another host" in text_of(app)


async def test_what_has_ended_cannot_be_stopped() -> None:
    """Neither the key nor the footer offers it."""
    app = app_of(recorded("cpu-digits"))
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot)
        await pilot.press("S")
        assert not isinstance(app.screen, StopScreen)
        assert "S stop" not in text_of(app)


async def test_space_freezes_and_plays() -> None:
    """Live it stands still here; standing it plays from here, playing it stands; End is live again."""
    first = as_running(recorded("eight-gpus"))
    source = ByHand(first)
    app = app_of(source=source)
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot)
        await pilot.press("space")
        await pilot.pause()
        assert "stands still" in text_of(app)
        assert "space play" in text_of(app)
        await pilot.press("space")
        await pilot.pause()
        assert "plays 1×" in text_of(app)
        await pilot.press("space", "end")
        await pilot.pause()
        assert "stands still" not in text_of(app)
    assert source.asked == [("look", first.now), ("play", 1.0), ("play", 0.0), ("look", None)]


@pytest.mark.parametrize(
    ("key", "seconds"),
    [("left", 5), ("shift+left", 60), ("left_square_bracket", 60), ("ctrl+left", 3600), ("left_curly_bracket", 3600)],
)
async def test_keys_that_look_back(key: str, seconds: int) -> None:
    """So many seconds, and not before the session's first moment."""
    first = as_running(recorded("eight-gpus"))
    source = ByHand(first)
    async with app_of(source=source).run_test(size=SIZE) as pilot:
        await ready(pilot)
        await pilot.press(key)
    assert first.began is not None
    assert source.asked == [("look", max(first.began, first.now - seconds * S))]


@pytest.mark.parametrize("key", ["right", "shift+right", "right_square_bracket", "ctrl+right", "right_curly_bracket"])
async def test_forward_past_the_end_is_live(key: str) -> None:
    """There is nothing ahead of now."""
    source = ByHand(as_running(recorded("eight-gpus")))
    async with app_of(source=source).run_test(size=SIZE) as pilot:
        await ready(pilot)
        await pilot.press("space", key)
    assert source.asked[-1] == ("look", None)


async def test_a_burst_of_moves_adds_up() -> None:
    """As a slow line delivers them: each goes on from where the one before wants to go."""
    first = as_running(recorded("eight-gpus"))
    source = ByHand(first)
    source.deaf = True
    async with app_of(source=source).run_test(size=SIZE) as pilot:
        await ready(pilot)
        await pilot.press(*["left"] * 10, "right")
    assert [first.now - (t or 0) for _, t in source.asked] == [5 * S * (n + 1) for n in range(10)] + [45 * S]


async def test_typing_keeps_its_order_in_a_burst() -> None:
    """Letters and backspaces that come all at once."""
    app = app_of(recorded("cpu-digits"))
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot)
        app.push_screen(AskScreen("filter"))
        await pilot.pause()
        line = app.screen.query_one(Input)
        for key in ("a", "b", "c", "backspace", "backspace", "x", "y", "left", "z"):
            app.post_message(events.Key(key, key if len(key) == 1 else None))
        await pilot.pause()
        await pilot.pause()
        assert line.value == "axzy"


async def test_home_is_the_start() -> None:
    """The session's first moment."""
    first = recorded("eight-gpus")
    source = ByHand(first)
    async with app_of(source=source).run_test(size=SIZE) as pilot:
        await ready(pilot)
        await pilot.press("home")
    assert source.asked == [("look", first.began)]


async def test_plus_and_minus_change_the_speed() -> None:
    """From 1× to 100× and no further; live they only choose what will be played."""
    source = ByHand(recorded("eight-gpus"))
    async with app_of(source=source).run_test(size=SIZE) as pilot:
        await ready(pilot)
        await pilot.press("plus")
        assert source.asked == []
        await pilot.press("space", *["plus"] * 8, "minus")
    assert [speed for what, speed in source.asked if what == "play"] == [5.0, 10.0, 20.0, 50.0, *[100.0] * 4, 50.0]


@pytest.mark.parametrize("size", [SIZE, (120, 36), (160, 48)])
@pytest.mark.parametrize("name", ["eight-gpus", "cpu-digits", "a10-pcie"])
async def test_every_pane_enlarges_and_comes_back(name: str, size: tuple[int, int]) -> None:
    """It has the screen between the header and the footer, says where its numbers come from, and Esc undoes it."""
    app = app_of(as_running(recorded(name)))
    async with app.run_test(size=size) as pilot:
        await ready(pilot)
        before = text_of(app)
        for pane in [pane for pane in app.main.query(ScrollPane) if pane.display and pane.title]:
            await focus(pilot, pane)
            await pilot.press("enter")
            await pilot.pause()
            assert pane.region.height >= size[1] - 4, pane
            assert pane.region.width >= size[0] - 1, pane
            await pilot.press("escape")
            await pilot.pause()
            await focus(pilot, app.main.query_one(Output))
            assert text_of(app) == before, pane


async def test_an_enlarged_table_says_why_there_are_dashes() -> None:
    """Source, unit and age, and a reason for each dash."""
    app = app_of(as_running(recorded("a10-pcie")))
    async with app.run_test(size=(120, 36)) as pilot:
        await ready(pilot)
        await focus(pilot, app.main.query_one(Gpus))
        await pilot.press("enter")
        await pilot.pause()
        shown = text_of(app)
        assert "tensor %: – " in shown
        assert "last read" in shown


async def test_s_sorts_the_table_that_has_the_focus() -> None:
    """Said in its title; all the way round it is as it was."""
    snapshot = as_running(recorded("eight-gpus"))
    first, *others = snapshot.gpus
    app = app_of(dataclasses.replace(snapshot, gpus=(dataclasses.replace(first, busy_pct=1.0), *others)))
    async with app.run_test(size=(120, 36)) as pilot:
        await ready(pilot)
        gpus = app.main.query_one(Gpus)
        await focus(pilot, gpus)
        before = text_of(app)
        await pilot.press("s")
        lines = text_of(app).splitlines()
        title = next(index for index, line in enumerate(lines) if "GPUs" in line)
        assert "by busy" in lines[title]
        assert lines[title + 9].split()[:2] == ["0", "1"]
        await pilot.press(*["s"] * (len(gpus.sorts) - 1))
        assert text_of(app) == before


async def test_d_dumps_and_shows_the_stacks() -> None:
    """Asked for once; the screen fills when the dump has come."""
    asked: list[bool] = []
    snapshot = as_running(recorded("eight-gpus"))
    app = app_of(snapshot, control=Control(dump=lambda: asked.append(True)))
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot)
        await pilot.press("d")
        await app.workers.wait_for_complete()
        assert "dumping" in text_of(app)
        stack = Stack(7, 7, "rank 0 main", 0, ("step train.py:12", "main train.py:40"))
        feed(app, dataclasses.replace(snapshot, dump=Dump(snapshot.now + 1, snapshot.wall_ns, (stack,))))
        await pilot.pause()
        assert "rank 0 main" in text_of(app)
        assert "step train.py:12" in text_of(app)
        await pilot.press("escape")
        assert "Throughput" in text_of(app)
    assert asked == [True]


async def test_a_dump_that_cannot_be_made_says_why() -> None:
    """In the recorder's words."""
    snapshot = as_running(recorded("eight-gpus"))
    app = app_of(snapshot)
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot)
        await pilot.press("d")
        feed(app, dataclasses.replace(snapshot, known=Known(reasons=(("stack", None, "py-spy may not read it"),))))
        await pilot.pause()
        assert "no stacks: py-spy may not read it" in text_of(app)


async def test_the_stacks_say_how_to_leave_them() -> None:
    """In their last line, with no key that does nothing; each of those keys does."""
    snapshot = as_running(recorded("eight-gpus"))
    app = app_of(snapshot)
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot)
        for key in ("escape", "q", "enter"):
            await pilot.press("d")
            await pilot.pause()
            assert text_of(app).splitlines()[-1].split("  ")[0].strip() == "esc, q close"
            await pilot.press(key)
            assert app.screen is app.main


@pytest.mark.parametrize(
    ("key", "word", "why"),
    [
        ("S", "finished", "nothing to stop: it has ended (finished)"),
        ("S", "stopping", "it is stopping already"),
        ("S", "elsewhere", "nothing to stop here (elsewhere)"),
        ("d", "finished", "no stacks: the run doesn't run here any more, and it left no dump"),
    ],
)
async def test_a_key_that_can_do_nothing_says_why(key: str, word: str, why: str) -> None:
    """In one line, which goes by itself; under the help nothing is said."""
    app = app_of(dataclasses.replace(recorded("eight-gpus"), status=Status(word), dump=None))
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        await ready(pilot)
        await pilot.press("question_mark", key, "escape")
        assert not app._notifications
        await pilot.press(key)
        assert [one.message for one in app._notifications] == [why]


@pytest.mark.parametrize("state", ["running", "finished"])
async def test_help_is_in_the_last_line_at_every_width(state: str) -> None:
    """It leads to all other keys: what watching costs, or any other key, gives way to it."""
    snapshot = as_running(recorded("eight-gpus"))
    cost = Cost(recorder_pct=2.0, late_ticks=3)
    app = app_of(dataclasses.replace(snapshot, status=Status(state), cost=cost))
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot)
        for width in (*range(40, 64), 80, 99, 100, 101, 119, 120, 149, 150, 151, 160, 200, 220):
            await pilot.resize_terminal(width, 24)
            await pilot.pause()
            last = text_of(app).splitlines()[-1]
            assert "? help" in last, (width, last)
            assert "q leave" in last, (width, last)
            assert ("watching costs 2.0 %" in last) == (width >= 60), (width, last)


async def test_y_copies_the_summary() -> None:
    """Through the terminal, by OSC 52."""
    app = app_of(recorded("cpu-digits"), control=Control(summary=lambda: "| what | how much |"))
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot)
        await pilot.press("y")
        await app.workers.wait_for_complete()
        await pilot.pause()
        assert app.clipboard == "| what | how much |"


@pytest.mark.parametrize(
    ("tmux", "how"), [("/tmp/tmux-0/default,1,0", "tmux: set -g set-clipboard on"), ("", "OSC 52")]
)
async def test_y_says_what_copying_needs(monkeypatch: pytest.MonkeyPatch, tmux: str, how: str) -> None:
    """tmux keeps it for itself unless it is told not to."""
    monkeypatch.setenv("TMUX", tmux)
    app = app_of(recorded("cpu-digits"), control=Control(summary=lambda: "| what | how much |"))
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        await ready(pilot)
        await pilot.press("y")
        await app.workers.wait_for_complete()
        await pilot.pause()
        [said] = [one.message for one in app._notifications]
        assert said == f"summary copied as Markdown, if the terminal allows it ({how})"


async def test_the_bell_rings_when_a_run_ends() -> None:
    """Once, and not for one that had ended before."""
    rung: list[bool] = []
    first = as_running(recorded("eight-gpus"))
    app = app_of(first)
    app.bell = lambda: rung.append(True)  # type: ignore[method-assign]
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot)
        assert rung == []
        for _ in range(2):
            feed(app, dataclasses.replace(first, status=Status("finished")))
            await pilot.pause()
    assert rung == [True]


async def test_a_run_that_ends_while_watched() -> None:
    """The screen stays and says so; stop is no longer offered."""
    first = as_running(recorded("eight-gpus"))
    app = app_of(first)
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot)
        assert "S stop" in text_of(app)
        feed(app, dataclasses.replace(first, status=Status("failed", "killed by SIGKILL")))
        await pilot.pause()
        shown = text_of(app)
        assert "✗ failed" in shown
        assert "killed by SIGKILL" in shown
        assert "S stop" not in shown


async def test_alarms_go_when_seen_and_come_back_when_new() -> None:
    """a takes them off the screen, in this viewer only."""
    snapshot = recorded("gpu-lost")
    app = app_of(snapshot)
    async with app.run_test(size=(120, 36)) as pilot:
        await ready(pilot)
        assert "! 09:13:44 GPU 3 is lost" in text_of(app)
        await pilot.press("a")
        await pilot.pause()
        assert "! 09:13:44" not in text_of(app)
        newer = dataclasses.replace(snapshot.alarms[0], t=snapshot.alarms[0].t + 1, text="GPU 5 is lost")
        feed(app, dataclasses.replace(snapshot, alarms=(*snapshot.alarms, newer)))
        await pilot.pause()
        assert "GPU 5 is lost" in text_of(app)


async def test_help_holds_every_binding_in_force() -> None:
    """Complete by construction: each key with words is on the screen; any of its keys closes it."""
    app = app_of(as_running(recorded("cpu-digits")))
    async with app.run_test(size=(100, 40)) as pilot:
        await ready(pilot)
        bindings = [found.binding for found in app.main.active_bindings.values()]
        for key in ("escape", "question_mark", "q"):
            await pilot.press("question_mark")
            assert isinstance(app.screen, HelpScreen)
            shown = text_of(app)
            assert all((binding.tooltip or binding.description) in shown for binding in bindings)
            await pilot.press(key)
            assert not isinstance(app.screen, HelpScreen)


@pytest.mark.parametrize("width", [40, 60, 80])
async def test_help_is_cut_at_no_width(width: int) -> None:
    """Long lines go on in the next."""
    app = app_of(as_running(recorded("cpu-digits")))
    async with app.run_test(size=(width, 120)) as pilot:
        await ready(pilot)
        keys = [found.binding for found in app.main.active_bindings.values()]
        await pilot.press("question_mark")
        shown = " ".join(" ".join(re.findall("│(.*)│", text_of(app))).split())
        for key in keys:
            assert (key.tooltip or key.description) in shown


async def test_help_tells_of_what_does_nothing_now() -> None:
    """A run that has ended can't be stopped, but S is a key."""
    app = app_of(dataclasses.replace(recorded("cpu-digits"), dump=None))
    async with app.run_test(size=(100, 60)) as pilot:
        await ready(pilot)
        await pilot.press("question_mark")
        for said in ("stop the run (asks first)", "dump every rank's stacks", "back from an enlarged pane"):
            assert said in text_of(app)


async def test_tab_moves_and_arrows_scroll_the_focused_pane() -> None:
    """Sixteen GPUs don't fit on 24 lines: the table scrolls, and says where it stands."""
    app = app_of(recorded("sixteen-gpus"))
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot)
        assert isinstance(app.focused, Output)
        await pilot.press("shift+tab")
        assert isinstance(app.focused, Threads)
        await pilot.press("shift+tab", "shift+tab")
        assert isinstance(app.focused, Gpus)
        await pilot.press("pagedown")
        assert "9–16 of 16 ↑" in text_of(app)
        assert "\n  15 " in text_of(app)
        await pilot.press("up", "up", "up", "up", "up", "pageup")
        assert "1–8 of 16 ↓" in text_of(app)
        await pilot.press("down", "tab")
        assert "2–9 of 16" in text_of(app)
        assert isinstance(app.focused, LinksLine)


async def test_output_scrolled_up_stands_still() -> None:
    """New lines don't move what is being read; at the end it follows again."""
    snapshot = as_running(recorded("eight-gpus"))
    app = app_of(snapshot)
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot)
        await pilot.press("up", "up")
        before = text_of(app).splitlines()[-4:-1]
        newer = dataclasses.replace(snapshot, output=(*snapshot.output, "a new line"))
        feed(app, newer)
        await pilot.pause()
        assert text_of(app).splitlines()[-4:-1] == before
        await pilot.press("down", "down")
        assert "a new line" in text_of(app)


async def test_the_palette_holds_every_action_that_has_a_key() -> None:
    """And does it: the pane that had the focus enlarges."""
    app = app_of(as_running(recorded("cpu-digits")))
    async with app.run_test(size=(120, 36)) as pilot:
        await ready(pilot)
        told = {
            found.binding.tooltip or found.binding.description
            for found in app.main.active_bindings.values()
            if found.enabled
        }
        commands = list(app.get_system_commands(app.main))
        assert {command.title for command in commands} == told - {""}
        await pilot.press("ctrl+p")
        await pilot.pause()
        assert type(app.screen).__name__ == "Palette"
        await pilot.press(*"enlarge")
        await app.workers.wait_for_complete()
        await pilot.press("down", "enter")
        await pilot.pause()
        assert app.main.query_one(Output).enlarged


async def test_a_double_click_enlarges() -> None:
    """And a click takes the focus."""
    app = app_of(as_running(recorded("eight-gpus")))
    async with app.run_test(size=(120, 36)) as pilot:
        await ready(pilot)
        await pilot.click(Gpus)
        assert isinstance(app.focused, Gpus)
        await pilot.double_click(Gpus)
        await pilot.pause()
        assert app.main.query_one(Gpus).enlarged


async def test_resizing_breaks_no_frame() -> None:
    """From large to tiny and back: the same picture as before."""
    app = app_of(recorded("eight-gpus"))
    async with app.run_test(size=(160, 48)) as pilot:
        await ready(pilot)
        before = text_of(app)
        for size in ((80, 24), (20, 6), (1, 1), (300, 100), (160, 48)):
            await pilot.resize_terminal(*size)
            await pilot.pause()
        assert text_of(app) == before


async def test_a_pane_that_hears_late_that_it_was_hidden_keeps_the_focus() -> None:
    """In a storm of resizes it has its place again by the time it is told that it lost it."""
    app = app_of(recorded("eight-gpus"))
    async with app.run_test(size=(120, 36)) as pilot:
        await ready(pilot)
        output = app.screen.query_one(Output)
        assert app.focused is output
        output.post_message(events.Hide())
        await pilot.pause()
        assert app.focused is output
