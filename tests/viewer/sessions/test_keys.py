"""Every key of the sessions screen, by pilot, and the mouse."""

from __future__ import annotations

import dataclasses

from textual.events import MouseScrollDown
from textual.widgets import Static

from mlperf_tui.viewer.screens.help import HelpScreen
from mlperf_tui.viewer.screens.stop import StopScreen
from mlperf_tui.viewer.sessions.app import Choice, SessionsApp
from mlperf_tui.viewer.sessions.board import Table
from mlperf_tui.viewer.sessions.model import View
from mlperf_tui.viewer.sessions.screens import CompareScreen, RemoveScreen
from tests.viewer.sessions.list_of import BESIDE, FEW, Done, feed, list_of, many, press, ready, session, text_of

SIZE = (120, 24)


def chosen(app: SessionsApp) -> str:
    row = app.list.picture.current
    assert row is not None
    return row.id


async def test_q_and_ctrl_c_leave() -> None:
    """Nothing is opened and nothing is stopped."""
    for key in ("q", "ctrl+c"):
        done = Done()
        app = list_of(*FEW, done=done)
        async with app.run_test(size=SIZE) as pilot:
            await ready(pilot)
            await press(pilot, key)
        assert app.return_value == Choice(app.list.view)
        assert done.deeds == []


async def test_ctrl_c_leaves_from_anywhere() -> None:
    """From under a question, from the entry, from the comparison."""
    for keys in (("S",), ("D",), ("slash",), ("space", "down", "space", "equals_sign")):
        app = list_of(*many(3), session(9, "running"), view=View(cursor=session(9).id))
        async with app.run_test(size=SIZE) as pilot:
            await ready(pilot)
            await press(pilot, *keys, "ctrl+c")
        assert app.return_value is not None, keys


async def test_o_and_s_give_the_next_order() -> None:
    """Tables elsewhere are sorted with s."""
    app = list_of(*many(3))
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot)
        await press(pilot, "o")
        assert app.list.view.sort == "throughput"
        await press(pilot, "s")
        assert app.list.view.sort == "size"


async def test_the_cursor_is_told_how_long_there_was_no_step() -> None:
    """In the line below the table, whatever the columns have room for."""
    app = list_of(session(0, "running", detail="", rate=None, silent_s=166.0))
    async with app.run_test(size=(80, 24)) as pilot:
        await ready(pilot)
        assert "no step for 00:02:46" in text_of(app)


async def test_a_verdict_is_wrapped_at_blanks_only() -> None:
    """`mlperf-tui` stays one word at every width."""
    for wide in range(60, 90):
        app = list_of(*many(2), done=Done(beside=dataclasses.replace(BESIDE, unknown=("mlperf-tui version",) * 9)))
        async with app.run_test(size=(wide, 24)) as pilot:
            await ready(pilot)
            await press(pilot, "space", "down", "space", "equals_sign")
            await ready(pilot)
            assert "mlperf-\n" not in "\n".join(line.strip() for line in text_of(app).splitlines())


async def test_enter_opens_and_the_list_comes_back_as_it_was() -> None:
    """The choice holds cursor, marks, order and filter; an app made with it looks the same."""
    app = list_of(*many(30))
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot)
        await press(pilot, "o", "slash", *"run-2", "enter", "down", "down", "space")
        before = text_of(app)
        await press(pilot, "enter")
    choice = app.return_value
    assert choice is not None
    assert choice.open == choice.view.cursor == session(21).id
    again = list_of(*many(30), view=choice.view)
    async with again.run_test(size=SIZE) as pilot:
        await ready(pilot)
        assert text_of(again) == before


async def test_what_cannot_be_read_is_not_opened() -> None:
    """It says why instead."""
    app = list_of(FEW[4])
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot)
        await press(pilot, "enter")
        assert "upgrade to read it" in text_of(app)
    assert app.return_value is None


async def test_the_cursor_moves_and_stays_in_view() -> None:
    """By line, by page, to both ends; not beyond them."""
    app = list_of(*many(300))
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot)
        page = app.list.query_one(Table).page
        for key, at in (("down", 1), ("up", 0), ("up", 0), ("pagedown", page), ("end", 299), ("pageup", 299 - page)):
            await press(pilot, key)
            assert chosen(app) == session(at).id
            assert f"▸   ✓ finished     run-{at} " in text_of(app)
        await press(pilot, "home")
        assert chosen(app) == session(0).id


async def test_the_cursor_stays_with_its_session() -> None:
    """When a newer one starts above it; when its own goes away, it stays at that place."""
    app = list_of(*many(5))
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot)
        await press(pilot, "down", "down")
        feed(app, dataclasses.replace(session(0), id="s-new", started_s=2e9), *many(5))
        await pilot.pause()
        assert chosen(app) == session(2).id
        feed(app, *many(2), *many(5)[3:])
        await pilot.pause()
        assert chosen(app) == session(3).id


async def test_stop_asks_and_only_yes_stops() -> None:
    """The status says stopping at once, until the run has ended; then the key is gone."""
    done = Done()
    app = list_of(*FEW, done=done)
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot)
        for key in ("n", "escape", "q"):
            await press(pilot, "S")
            assert isinstance(app.screen, StopScreen)
            await press(pilot, key)
        assert done.deeds == []
        await press(pilot, "S", "y")
        await ready(pilot)
        assert done.deeds == [("stop", FEW[0].id)]
        assert "○ stopping" in text_of(app)
        assert "S stop" not in text_of(app)
        feed(app, dataclasses.replace(FEW[0], status="stopped"), *FEW[1:])
        await pilot.pause()
        assert "■ stopped      run-0" in text_of(app)


async def test_a_stop_that_fails_is_told() -> None:
    """In the error's own sentence, and the status is again what it was."""
    app = list_of(*FEW, done=Done("it runs on another host"))
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot)
        await press(pilot, "S", "y")
        await ready(pilot)
        assert "it runs on another host" in text_of(app)
        assert "● running      run-0" in text_of(app)
        await press(pilot, "down")
        assert "it runs on another host" not in text_of(app)


async def test_what_has_ended_cannot_be_stopped() -> None:
    """Neither the key nor the last line offers it."""
    app = list_of(FEW[1])
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot)
        await press(pilot, "S")
        assert not isinstance(app.screen, StopScreen)
        assert "S stop" not in text_of(app)


async def test_rename() -> None:
    """The line begins with the name there is; the list shows the new one at once; an empty one takes it away."""
    done = Done()
    app = list_of(*FEW, done=done)
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot)
        await press(pilot, "down", "R")
        assert "new name" in text_of(app)
        await press(pilot, *"xq", "enter")
        await ready(pilot)
        assert done.deeds == [("rename", FEW[1].id, "run-1xq")]
        assert "✓ finished     run-1xq" in text_of(app)
        assert "new name" not in text_of(app)
        await press(pilot, "R", "ctrl+u", "enter")
        await ready(pilot)
        assert done.deeds[-1] == ("rename", FEW[1].id, None)
        await press(pilot, "R", "x", "escape")
        assert len(done.deeds) == 2


async def test_remove_asks_and_tells_what_is_free() -> None:
    """With the size in the question; only yes deletes; both keys."""
    done = Done()
    app = list_of(*many(3), done=done)
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot)
        for key in ("D", "delete"):
            await press(pilot, key)
            assert isinstance(app.screen, RemoveScreen)
            assert "0.5 GiB will be free" in text_of(app)
            await press(pilot, "n")
        assert done.deeds == []
        await press(pilot, "D", "y")
        await ready(pilot)
        assert done.deeds == [("remove", session(0).id)]
        assert f"deleted {session(0).id}: 1.0 GiB freed" in text_of(app)
        assert "run-0 " not in text_of(app)
        assert "2 sessions" in text_of(app)


async def test_remove_takes_the_marked_ones() -> None:
    """All of them, named in the question, and nothing else."""
    done = Done()
    app = list_of(*many(9), done=done)
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot)
        for _ in range(7):
            await press(pilot, "m", "down")
        await press(pilot, "D")
        assert "Delete 7 sessions for good?" in text_of(app)
        assert "and 2 more" in text_of(app)
        await press(pilot, "y")
        await ready(pilot)
        assert sorted(done.deeds) == [("remove", session(at).id) for at in range(7)]
        assert "deleted 7 sessions: 7.0 GiB freed" in text_of(app)
        assert "marked" not in text_of(app)


async def test_a_live_session_is_not_removed() -> None:
    """The sentence says what to do first, and nothing is asked."""
    done = Done()
    app = list_of(*FEW, done=done)
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot)
        await press(pilot, "D")
        assert not isinstance(app.screen, RemoveScreen)
        assert "runs: stop it first" in text_of(app)
    assert done.deeds == []


async def test_a_removal_that_fails_is_told() -> None:
    """The session stays."""
    app = list_of(*many(2), done=Done("it can't be deleted: Permission denied"))
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot)
        await press(pilot, "D", "y")
        await ready(pilot)
        assert "Permission denied" in text_of(app)
        assert "✓ finished     run-0" in text_of(app)


async def test_two_marked_are_compared() -> None:
    """In the order of marking; the page says what differs, scrolls, and goes back."""
    done = Done()
    app = list_of(*many(4), done=done)
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot)
        await press(pilot, "equals_sign")
        assert not isinstance(app.screen, CompareScreen)
        await press(pilot, "down", "space", "up", "space")
        assert "= compare" in text_of(app)
        await press(pilot, "equals_sign")
        await ready(pilot)
        assert done.deeds == [("compare", session(1).id, session(0).id)]
        shown = text_of(app)
        assert "unlike in precision, batch; unknown in both: seed" in shown
        assert "one run each: no claim" in shown
        assert "×2.50" in shown
        await press(pilot, "pagedown", "down", "up", "pageup", "down")
        assert "precision" not in text_of(app).split("2 / 1")[1]
        for key in ("escape", "q", "equals_sign"):
            await press(pilot, key)
            assert not isinstance(app.screen, CompareScreen)
            await press(pilot, "equals_sign")
            await ready(pilot)


async def test_a_comparison_that_fails_is_told() -> None:
    """Back on the list."""
    app = list_of(*many(2), done=Done("s-1 can't be read"))
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot)
        await press(pilot, "space", "down", "space", "equals_sign")
        await ready(pilot)
        assert not isinstance(app.screen, CompareScreen)
        assert "s-1 can't be read" in text_of(app)


async def test_filter() -> None:
    """In force while it is typed, by name, workload and status; enter keeps it, escape shows all."""
    app = list_of(*FEW)
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot)
        await press(pilot, "slash", *"FAIL")
        assert "1 with 'FAIL'" in text_of(app)
        await press(pilot, "enter")
        assert chosen(app) == FEW[2].id
        await press(pilot, "slash", "escape")
        assert "with" not in text_of(app).splitlines()[0]
        await press(pilot, "slash", *"gpt2", "enter")
        assert chosen(app) == FEW[5].id
        await press(pilot, "slash", "ctrl+u", *"zz", "enter")
        assert "esc shows all" in text_of(app)
        await press(pilot, "escape")
        assert f"{len(FEW)} sessions" in text_of(app)


async def test_keys_are_letters_while_something_is_typed() -> None:
    """q leaves nothing, S stops nothing; the last line says what counts."""
    app = list_of(*FEW)
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot)
        await press(pilot, "R")
        assert text_of(app).splitlines()[-1].split() == ["enter", "keep", "esc", "never", "mind"]
        await press(pilot, "escape")
        await press(pilot, "slash", *"qSDo?")
        assert app.list.view.wanted == "qSDo?"
        assert text_of(app).splitlines()[-1].split() == ["enter", "keep", "esc", "never", "mind"]


async def test_order() -> None:
    """By age, throughput, size, name, and again; the first line says which."""
    rows = (
        session(0, rate=1.0, name="z", size_bytes=5),
        session(1, rate=3.0, name=None),
        session(2, name="a", rate=2.0),
    )
    app = list_of(*rows)
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot)
        seen = {}
        for _ in range(5):
            seen[app.list.view.sort] = [row.name for row in app.list.picture.rows]
            assert f"by {app.list.view.sort}" in text_of(app)
            await press(pilot, "o")
    assert seen == {
        "age": ["z", None, "a"],
        "throughput": [None, "a", "z"],
        "size": [None, "a", "z"],
        "name": ["a", "z", None],
    }


async def test_escape_shows_all_then_marks_none() -> None:
    """One after the other."""
    app = list_of(*many(3), view=View(marked=(session(0).id,), wanted="run"))
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot)
        await press(pilot, "escape")
        assert (app.list.view.wanted, len(app.list.view.marked)) == ("", 1)
        await press(pilot, "escape")
        assert app.list.view.marked == ()


async def test_help_holds_every_key_with_words() -> None:
    """Complete by construction."""
    app = list_of(*FEW)
    async with app.run_test(size=(110, 44)) as pilot:
        await ready(pilot)
        bindings = [one.binding for one in app.list.active_bindings.values()]
        await press(pilot, "question_mark")
        assert isinstance(app.screen, HelpScreen)
        text = str(app.screen.query_one(Static).content)
        assert all((binding.tooltip or binding.description) in text for binding in bindings)
        await press(pilot, "escape")
        assert not isinstance(app.screen, HelpScreen)


async def test_help_tells_of_what_does_nothing_now() -> None:
    """Comparing takes two marked ones, and the last line offers it only then."""
    app = list_of(session(0))
    async with app.run_test(size=(110, 44)) as pilot:
        await ready(pilot)
        assert "= compare" not in text_of(app)
        await press(pilot, "question_mark")
        shown = str(app.screen.query_one(Static).content)
        assert "the two marked sessions side by side" in shown
        assert "stop the run (asks first)" in shown
        assert "show the runs of experiments" in shown


async def test_a_key_that_can_do_nothing_says_why() -> None:
    """Below the table, until the next choice."""
    app = list_of(*many(3))
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot)
        await press(pilot, "equals_sign")
        assert "mark two first" in text_of(app)
        await press(pilot, "S")
        assert "nothing to stop: it has ended (finished)" in text_of(app)
        await press(pilot, "down")
        assert "nothing to stop" not in text_of(app)


async def test_every_key_with_words_is_a_command_of_the_palette() -> None:
    """Ctrl+P opens it, and its commands run."""
    app = list_of(*FEW)
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot)
        commands = {command.title: command.callback for command in app.get_system_commands(app.screen)}
        assert {"open", "stop", "rename", "delete", "mark", "filter", "order", "leave", "help"} <= commands.keys()
        await press(pilot, "ctrl+p")
        await pilot.pause()
        assert type(app.screen).__name__ == "Palette"
        await press(pilot, *"order", "down", "enter")
        await pilot.pause()
        await ready(pilot)
        assert app.list.view.sort == "throughput"


async def test_nothing_there() -> None:
    """A sentence says what to do, and no key does anything but leave and help."""
    app = list_of()
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot)
        assert "no session yet: start one with `mlperf-tui run resnet50`; it will be kept in /sessions" in text_of(app)
        assert text_of(app).splitlines()[-1].split() == ["q", "leave", "?", "help"]
        await press(pilot, *"SRDmo/", "enter", "equals_sign", "down", "end", "delete")
        assert app.return_value is None


async def test_before_anything_is_read() -> None:
    """It says that it reads, rather than that there is nothing."""
    app = list_of(total=300)
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot)
        assert "reading" in text_of(app)
        assert "no session yet" not in text_of(app)


async def test_the_mouse() -> None:
    """A click chooses, a second one opens; the wheel scrolls, and takes the cursor along at the edge."""
    app = list_of(*many(300))
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot)
        await pilot._post_mouse_events([MouseScrollDown], Table)
        await pilot.pause()
        assert (app.list.query_one(Table).first, chosen(app)) == (3, session(3).id)
        await pilot.click(Table, offset=(10, 5))
        assert chosen(app) == session(7).id
        assert app.return_value is None
        await pilot.click(Table, offset=(10, 0))
        assert chosen(app) == session(7).id
        await pilot.click(Table, offset=(10, 5))
    assert app.return_value is not None
    assert app.return_value.open == session(7).id


async def test_resizing_breaks_no_frame() -> None:
    """From large to tiny and back: the same picture as before."""
    app = list_of(*FEW)
    async with app.run_test(size=(200, 60)) as pilot:
        await ready(pilot)
        before = text_of(app)
        for size in ((80, 24), (40, 10), (20, 4), (1, 1), (300, 100), (200, 60)):
            await pilot.resize_terminal(*size)
            await pilot.pause()
            assert all(len(line) == size[0] for line in text_of(app).splitlines())
        assert text_of(app) == before
