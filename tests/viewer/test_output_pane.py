"""The output pane by its keys: filtering, scrolling back beyond what a snapshot holds, long lines, following."""

from __future__ import annotations

import dataclasses
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from mlperf_tui.session import searching
from mlperf_tui.session.output import last_lines
from mlperf_tui.viewer import output_reader
from mlperf_tui.viewer.app import ViewerApp
from mlperf_tui.viewer.messages import Outcome
from mlperf_tui.viewer.output_reader import OutputReader
from mlperf_tui.viewer.panes.output import Output, Read
from mlperf_tui.viewer.panes.output_rows import MATCH
from mlperf_tui.viewer.screens.ask import AskScreen
from mlperf_tui.viewer.snapshot import Snapshot
from tests.viewer.app_of import app_of, as_running, feed, ready, recorded, text_of

SIZE = (120, 36)
LONG = "x" * 150 + "the end"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    made = tmp_path / "output.log"
    made.write_text("".join(f"step {n}{' error' if n % 100 == 0 else ''}\n" for n in range(3000)))
    return made


def snapshot_of(path: Path, end: int | None = None) -> Snapshot:
    """A running session that has printed what the file holds before byte `end`."""
    raw = path.read_bytes()[:end]
    shown = path.with_name("until")
    shown.write_bytes(raw)
    output = tuple(last_lines(shown, 400))
    return dataclasses.replace(as_running(recorded("cpu-digits")), output=output, output_end=len(raw))


class Watched:
    """An app with its pane, and what a test does to them."""

    def __init__(self, app: ViewerApp, pilot: Pilot[Outcome], path: Path) -> None:
        self.app, self.pilot, self.path = app, pilot, path
        self.pane = app.main.query_one(Output)

    async def settle(self) -> None:
        """Until all that was asked for is read and drawn."""
        await self.pilot.pause()
        while self.app.workers._workers:
            await ready(self.pilot)

    async def press(self, *keys: str) -> str:
        await self.pilot.press(*keys)
        await self.settle()
        return self.shown

    async def filter(self, expression: str) -> str:
        await self.pilot.press("slash")
        self.app.screen.query_one(Input).value = expression
        return await self.press("enter")

    async def printed(self, text: str) -> str:
        with self.path.open("a") as file:
            file.write(text)
        return await self.feed(snapshot_of(self.path))

    async def feed(self, snapshot: Snapshot) -> str:
        feed(self.app, snapshot)
        await self.settle()
        return self.shown

    @property
    def shown(self) -> str:
        """The pane's lines on the screen, its title first."""
        region = self.pane.region
        lines = text_of(self.app).splitlines()[region.y : region.bottom]
        return "\n".join(line[region.x : region.right].rstrip() for line in lines)

    @property
    def last(self) -> str:
        return self.shown.splitlines()[-1].strip()


@asynccontextmanager
async def watched(path: Path, size: tuple[int, int] = SIZE, *, ascii_only: bool = False) -> AsyncIterator[Watched]:
    app = app_of(snapshot_of(path), ascii_only=ascii_only)
    async with app.run_test(size=size) as pilot:
        await ready(pilot)
        pane = app.main.query_one(Output)
        pane.reader = OutputReader(path)
        pane.focus()
        await pilot.pause()
        yield Watched(app, pilot, path)


async def test_a_filter_shows_what_matches_in_the_whole_output(path: Path) -> None:
    """Also what was printed long before the snapshot's lines; the title counts."""
    async with watched(path) as seen:
        shown = await seen.filter("ERROR$")
        assert "no line matches" in shown
        shown = await seen.filter("err.r$")
        assert "/err.r$/ 30 lines" in shown
        assert seen.last == "step 2900 error"
        assert "step 2999" not in shown


async def test_a_filter_follows(path: Path) -> None:
    """A later snapshot brings the lines that match, and an unfinished one grows."""
    async with watched(path) as seen:
        await seen.filter("error")
        await seen.printed("fine\nerror of n")
        assert seen.last == "error of n"
        shown = await seen.printed("ow\nfine\n")
        assert seen.last == "error of now"
        assert "31 lines" in shown


async def test_scrolled_up_a_filter_stands_still_until_it_is_at_its_end_again(path: Path) -> None:
    """New matches move nothing."""
    async with watched(path) as seen:
        await seen.filter("error")
        before = await seen.press("pageup")
        assert await seen.printed("a new error\n") == before
        await seen.press("G")
        assert seen.last == "a new error"


async def test_a_filter_goes_with_the_cursor_in_time(path: Path) -> None:
    """Back in time there is nothing that was printed later."""
    async with watched(path) as seen:
        await seen.filter("error")
        await seen.press("pageup")
        shown = await seen.feed(snapshot_of(path, path.read_bytes().index(b"step 1950")))
        assert seen.last == "step 1900 error"
        assert "20 lines" in shown


async def test_while_typing_all_keys_are_letters(path: Path) -> None:
    """q doesn't leave and S doesn't stop; a space, ? and an arrow mean what they mean in a line of text."""
    async with watched(path) as seen:
        await seen.press("slash", *"qSa?w", "space", "left", "home", "g")
        assert isinstance(seen.app.screen, AskScreen)
        assert seen.app.screen.query_one(Input).value == "gqSa?w "
        assert seen.app.is_running


async def test_escape_leaves_the_filter_as_it_was_and_then_takes_it_away(path: Path) -> None:
    """In the input it changes nothing; on the pane it shows all again, and then it is nobody's."""
    async with watched(path) as seen:
        await seen.filter("error")
        shown = await seen.press("slash", *"zzz", "escape")
        assert "/error/ 30 lines" in shown
        assert "escape" in seen.app.main.active_bindings
        shown = await seen.press("escape")
        assert "/error/" not in shown
        assert seen.last == "step 2999"
        assert not seen.app.main.active_bindings["escape"].enabled


async def test_an_empty_filter_shows_all(path: Path) -> None:
    """What stands in the input is the filter of before."""
    async with watched(path) as seen:
        await seen.filter("error")
        await seen.press("slash")
        assert seen.app.screen.query_one(Input).value == "error"
        await seen.press("backspace", "enter")
        assert seen.last == "step 2999"


async def test_what_is_no_expression_is_told(path: Path) -> None:
    """In one line; the input stays, and typing on takes the reason away."""
    async with watched(path, (80, 24)) as seen:
        await seen.press("slash", "(", "enter")
        assert "! missing ), unterminated subpattern at position 0: (" in text_of(seen.app).splitlines()[-1]
        await seen.press("a", ")")
        assert "a capital makes case count: (a)" in text_of(seen.app).splitlines()[-1]


async def test_the_input_in_ascii(path: Path) -> None:
    """One row, and no sign that such a terminal lacks."""
    async with watched(path, (80, 24), ascii_only=True) as seen:
        await seen.press("slash", "x")
        assert text_of(seen.app).splitlines()[-1].isascii()
        assert (await seen.press("enter")).isascii()


async def test_matches_stand_out(path: Path) -> None:
    """Not by colour alone: in a look of their own."""
    async with watched(path) as seen:
        await seen.filter("err")
        row = seen.pane._shown[-1]
        assert [text for text, look in row if look is MATCH] == ["err"]
        assert "".join(text for text, _ in row) == " step 2900 error"


async def test_marks_are_shown_to_a_filter_only(path: Path) -> None:
    """They are events in the plain view."""
    async with watched(path) as seen:
        assert "MLLOG" not in await seen.printed(':::MLLOG {"key": "run_stop"}\n')
        assert "MLLOG" in await seen.filter("run_stop")


async def test_scrolling_back_goes_on_beyond_the_snapshot(path: Path) -> None:
    """To the very first line; what is in view when older lines come stays in view. At the end it follows again."""
    async with watched(path) as seen:
        await seen.press("g")
        assert " step 2600 error" in seen.shown
        assert "not loaded" in seen.shown
        for _ in range(20):
            await seen.press("g")
        assert seen.shown.splitlines()[1].strip() == "step 0 error"
        for key in ("up", "down", "pageup"):
            await seen.press(key)
        before = seen.shown
        assert (await seen.printed("new\n")).splitlines()[1:] == before.splitlines()[1:]
        await seen.press("G")
        assert seen.last == "new"


async def test_scrolling_back_without_a_reader(path: Path) -> None:
    """What the snapshot holds, and no filter is offered."""
    async with watched(path) as seen:
        seen.pane.reader = None
        shown = await seen.press("g")
        assert shown.splitlines()[1].strip() == "step 2600 error"
        await seen.press("slash")
        assert not isinstance(seen.app.screen, AskScreen)


async def test_long_lines_wrap(path: Path) -> None:
    """w shows all of a line, and cuts it again; the last line in view stays the last."""
    async with watched(path, (80, 24)) as seen:
        await seen.printed(f"{'y' * 150}of y\n{LONG}\nlast\n")
        assert "the end" not in seen.shown
        await seen.press("up", "up")
        shown = await seen.press("w")
        assert seen.last.endswith("of y")
        assert "wrapped" in shown
        assert "of y" not in await seen.press("w")
        assert seen.last.startswith("yyy")


async def test_long_lines_scroll_to_the_right(path: Path) -> None:
    """> as far as there is text, < back; the title names the column."""
    async with watched(path, (80, 24)) as seen:
        await seen.printed(LONG + "\n")
        shown = await seen.press(">", ">", ">", ">", ">", ">")
        assert "from column 157" in shown
        await seen.press("<")
        assert seen.last.endswith("the end")
        shown = await seen.press("<", "<", "<", "<", "<")
        assert "column" not in shown


async def test_a_wrapped_line_is_no_place_to_scroll_to_the_right(path: Path) -> None:
    """The keys are off."""
    async with watched(path) as seen:
        await seen.press("w", ">")
        assert "column" not in seen.shown


async def test_an_expression_without_end_stops_nothing(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is given up with a sentence, for lines of before and for new ones; the screen draws on."""
    monkeypatch.setattr(searching, "LIMIT_S", 0.3)
    async with watched(path) as seen:
        await seen.printed("a" * 5000 + "b\n")
        shown = await seen.filter("(a+)+$")
        assert "takes too long on a line" in shown
        assert "takes too long on a line" in await seen.printed("a" * 5000 + "b\n")
        monkeypatch.setattr(searching, "LIMIT_S", 60)
        assert "/error/ 30 lines" in await seen.filter("error")


async def test_leaving_ends_a_search_that_goes_on(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No process is left behind, and leaving waits for none."""
    monkeypatch.setattr(searching, "LIMIT_S", 600)
    path.write_text("a" * 5000 + "b\n")
    async with watched(path) as seen:
        await seen.pilot.press("slash", *"(a+)+$", "enter")
        await seen.pilot.pause(0.2)
        reader = seen.pane.reader
        assert "searching" in seen.shown
    assert reader is not None
    assert reader._searcher._child is None


async def test_an_answer_that_comes_too_late_is_nobodys(path: Path) -> None:
    """It was asked for another filter."""
    async with watched(path) as seen:
        await seen.filter("error")
        old = seen.pane._asked
        await seen.filter("step 1000")
        seen.pane.on_read(Read(old, None, "too late"))
        assert "/step 1000/ 1 line" in await seen.press()
        assert "too late" not in seen.shown


async def test_how_far_back_it_has_been_searched(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It rests when there is a page more than is in view, and says what is left."""
    monkeypatch.setattr(output_reader, "STEP_BYTES", 1000)
    monkeypatch.setattr("mlperf_tui.viewer.panes.output.LOAD_LINES", 20)
    async with watched(path) as seen:
        shown = await seen.filter("step")
        assert "% not searched" in shown


async def test_resizing_while_filtered(path: Path) -> None:
    """Wrapped or not, no frame breaks."""
    async with watched(path) as seen:
        await seen.filter("error")
        before = await seen.press("w")
        for size in ((20, 6), (1, 1), (200, 60), SIZE):
            await seen.pilot.resize_terminal(*size)
            await seen.settle()
        assert seen.shown.splitlines()[1:] == before.splitlines()[1:]


async def test_enlarged_it_says_what_it_is(path: Path) -> None:
    """Its file and size at the top; the filter stays, and Esc takes that away first."""
    async with watched(path) as seen:
        await seen.filter("error")
        shown = await seen.press("enter")
        assert "from output.log, 0.0 MiB" in shown
        assert len(shown.splitlines()) > 25
        assert seen.last == "step 2900 error"
        assert "/error/" not in await seen.press("escape")
        assert "output.log" in seen.shown
        assert "output.log" not in await seen.press("escape")
