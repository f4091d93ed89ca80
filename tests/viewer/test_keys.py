"""Every key, by pilot."""

from __future__ import annotations

import dataclasses

from mlperf_tui.errors import MlperfTuiError
from mlperf_tui.session.status import Status
from mlperf_tui.viewer.panes.gpus import Gpus
from mlperf_tui.viewer.panes.output import Output
from mlperf_tui.viewer.screens.help import HelpScreen
from mlperf_tui.viewer.screens.stop import StopScreen
from tests.viewer.app_of import app_of, as_running, feed, ready, recorded, text_of

SIZE = (80, 24)


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


async def test_space_freezes_the_picture_and_not_what_is_behind_it() -> None:
    """A newer snapshot shows after the second press."""
    first = as_running(recorded("eight-gpus"))
    app = app_of(first)
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot)
        await pilot.press("space")
        assert "frozen at" in text_of(app)
        feed(app, dataclasses.replace(first, epoch=17))
        await pilot.pause()
        assert "epoch 17" not in text_of(app)
        await pilot.press("space")
        assert "epoch 17" in text_of(app)
        assert "frozen at" not in text_of(app)


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


async def test_tab_moves_and_arrows_scroll_the_focused_pane() -> None:
    """Sixteen GPUs don't fit on 24 lines: the table scrolls, and says where it stands."""
    app = app_of(recorded("sixteen-gpus"))
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot)
        assert isinstance(app.focused, Output)
        await pilot.press("shift+tab")
        assert isinstance(app.focused, Gpus)
        await pilot.press("pagedown")
        assert "16 ↑" in text_of(app)
        assert "\n  15 " in text_of(app)
        await pilot.press("up", "up", "up", "up", "up", "pageup")
        assert "1–11 of 16 ↓" in text_of(app)
        await pilot.press("down", "tab")
        assert "2–12 of 16" in text_of(app)
        assert isinstance(app.focused, Output)


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


async def test_the_palette_is_textuals() -> None:
    """Ctrl+P opens it."""
    app = app_of(recorded("cpu-digits"))
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot)
        await pilot.press("ctrl+p")
        await pilot.pause()
        assert type(app.screen).__name__ == "CommandPalette"


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
