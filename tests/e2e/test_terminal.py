"""The product in a real terminal: launch, watch, leave, come back, stop; and what a lost terminal leaves behind."""

from __future__ import annotations

import random
import re
import sys
import time

import pytest

from mlperf_tui.records import Step
from mlperf_tui.session import lock
from mlperf_tui.session.folder import Folder
from mlperf_tui.session.follow import Follower
from mlperf_tui.session.status import status
from tests.e2e.terminal import Opener, Terminal
from tests.e2e.tool import PROGRAMS, Tool, holders, kill, until

TRAIN = (sys.executable, str(PROGRAMS / "train.py"))
LOOKS = re.compile(rb"\x1b\[([\d;]*)m")
COLOURS = re.compile(r"^(3[0-8]|4[0-8]|9[0-7]|10[0-7])$")
EXTENDED = {"38", "48"}


def _steps(folder: Folder) -> int:
    return sum(isinstance(record, Step) for _, record in Follower(folder).read())


def test_launch_leave_come_back_stop(tool: Tool, terminal: Opener) -> None:
    """The main job: q leaves the run going and says how to come back; S asks, and y stops it."""
    first = terminal("run", "--", *TRAIN, "100000")
    first.wait_for("train.py", "running", "samples/s", "loss", "q leave, it runs on")
    first.type("q")
    assert first.end() == 0
    folder = tool.only()
    assert f"mlperf-tui watch {folder.id}" in first.read()
    assert status(folder).word == "running"
    again = terminal("watch", columns=80, lines=24)
    again.wait_for("running", "samples/s")
    again.type("S")
    again.wait_for("y")
    again.type("y")
    again.wait_for("stopped")
    again.type("q")
    assert again.end() == 0
    assert status(folder).word == "stopped"
    assert b"stopped on request" in again.taken


def test_ctrl_c_leaves_and_freeze_freezes_the_picture_only(tool: Tool, terminal: Opener) -> None:
    """Frozen or left, the recording goes on."""
    one = terminal("run", "--", *TRAIN, "100000")
    one.wait_for("running", "samples/s")
    one.type(" ")
    one.wait_for("stands still")
    folder = tool.only()
    before = _steps(folder)
    until(lambda: _steps(folder) > before, "steps while the picture stands")
    one.type("\x03")
    assert one.end() == 0
    assert status(folder).word == "running"


def test_a_run_that_ends_while_watched(tool: Tool, terminal: Opener) -> None:
    """The screen stays and says how it ended; leaving prints the summary, and the exit code is the program's."""
    one = terminal("run", "--", "sh", "-c", "echo some words; exit 4")
    one.wait_for("failed", "some words")
    one.type("q")
    assert one.end() == 4
    assert "✗ failed (exit code 4)" in one.read()
    assert "interrupted" not in tool("list").out


@pytest.mark.parametrize("size", [(80, 24), (120, 36), (160, 48)])
def test_a_finished_session_opens_from_its_end(tool: Tool, terminal: Opener, size: tuple[int, int]) -> None:
    """In the same screen, at each size, with nothing cut in mid-number at the right edge."""
    assert tool("run", "--name", "done", "--", *TRAIN, "200").code == 0
    one = terminal("watch", "done", columns=size[0], lines=size[1])
    shown = one.wait_for("finished", "top-1", "q leave")
    assert all(len(line) == size[0] for line in shown.splitlines())
    one.type("?")
    one.wait_for("freeze the picture")
    one.read_until_quiet(0.3)
    one.type("\x1b")
    one.wait_until_gone("freeze the picture")
    one.read_until_quiet(0.3)
    one.type("q")
    assert one.end() == 0


def test_a_closed_terminal_stops_nothing(tool: Tool, terminal: Opener) -> None:
    """Ten times the link is lost; the run goes on, recorded, and the viewer is gone."""
    folder = tool.train(100_000)
    for _ in range(10):
        one = terminal("watch", folder.id)
        one.wait_for("running")
        one.hang_up()
        one.process.wait(60)
        assert status(folder).word == "running"
    before = _steps(folder)
    until(lambda: _steps(folder) > before, "more steps")


def test_a_killed_viewer_stops_nothing(tool: Tool, terminal: Opener) -> None:
    """SIGKILL of the viewer, ten rounds: no step is missing afterwards, and `list` and `summary` answer."""
    one = terminal("run", "--", *TRAIN, "100000")
    one.wait_for("running")
    one.kill()
    folder = tool.only()
    for _ in range(9):
        another = terminal("watch", "last")
        another.wait_for("running")
        another.kill()
    assert tool.listed(folder) == "running"
    assert tool("stop", folder.id).code == 0
    steps = [record.n for _, record in Follower(folder).read() if isinstance(record, Step)]
    assert steps == list(range(len(steps)))
    assert tool.summary(folder)["session"]["status"] == "stopped"


def test_a_dumb_terminal_gets_lines(tool: Tool, monkeypatch: pytest.MonkeyPatch) -> None:
    """TERM=dumb: plain progress lines and no escape sequence."""
    said = tool("run", "--", *TRAIN, "30", environment={"TERM": "dumb"})
    assert said.code == 0
    assert "\x1b" not in said.out


def test_a_recorder_that_is_killed_while_watched_comes_back(tool: Tool, terminal: Opener) -> None:
    """The viewer starts another one, and says nothing is wrong any more."""
    folder = tool.train(100_000)
    one = terminal("watch", folder.id)
    one.wait_for("running")
    first = holders(folder).recorder
    assert first is not None
    kill(first.pid)

    def another() -> bool:
        one.read(0.1)
        held = lock.read(folder.lock)
        return bool(held and held.recorder and held.recorder != first and held.recorder.alive)

    until(another, "another recorder")
    one.wait_for("● running 0")
    assert status(folder).word == "running"


def _looks(one: Terminal) -> set[str]:
    """Every number of every SGR sequence that the terminal was sent."""
    return {number for found in LOOKS.findall(one.taken) for number in found.decode().split(";")}


def _tour(tool: Tool, terminal: Opener, **environment: str | None) -> Terminal:
    """A finished session on such a terminal: the screen, help, the command palette, and back."""
    assert tool("run", "--name", "done", "--", *TRAIN, "100").code == 0
    one = terminal("watch", "done", environment=environment)
    one.wait_for("finished", "q leave")
    for key, text in (("?", "all keys"), ("\x10", "Search")):
        one.type(key)
        one.wait_for(text)
        one.read_until_quiet(0.3)
        one.type("\x1b")
        one.wait_until_gone(text)
        one.read_until_quiet(0.3)
    one.type("q")
    assert one.end() == 0
    return one


@pytest.mark.parametrize(
    "environment",
    [
        {"TERM": "xterm"},
        {"TERM": "xterm-16color"},
        {"TERM": "xterm-256color", "COLORTERM": "truecolor", "COLORFGBG": "0;15"},
        {"TERM": "screen-256color"},
        {"TERM": "tmux-256color", "COLORFGBG": "15;0"},
        {"TERM": "linux"},
    ],
)
def test_the_terminals_own_colours_only(tool: Tool, terminal: Opener, environment: dict[str, str]) -> None:
    """Nowhere one of 256 or of 16 million, whatever the terminal says that it can: people have chosen their sixteen."""
    looks = _looks(_tour(tool, terminal, **environment))
    assert not looks & EXTENDED
    assert any(COLOURS.match(number) for number in looks)


@pytest.mark.parametrize("environment", [{"NO_COLOR": "1"}, {"TERM": "vt100"}, {"TERM": "vt220", "LC_ALL": "C"}])
def test_without_colours(tool: Tool, terminal: Opener, environment: dict[str, str]) -> None:
    """No colour at all is sent; bold and reverse video are."""
    looks = _looks(_tour(tool, terminal, **environment))
    assert not {number for number in looks if COLOURS.match(number)}
    assert {"1", "7"} <= looks


def test_a_locale_without_utf_8(tool: Tool, terminal: Opener) -> None:
    """Nothing but ASCII is sent."""
    screen, _, _ = _tour(tool, terminal, LC_ALL="C").taken.partition(b"\x1b[?1049l")
    assert screen.isascii()


def test_no_term_at_all(tool: Tool) -> None:
    """It is not guessed what such a terminal can: lines, as for a file."""
    said = tool("run", "--", *TRAIN, "30", environment={"TERM": ""})
    assert said.code == 0
    assert "\x1b" not in said.out


def test_a_size_in_the_environment_is_not_believed(tool: Tool, terminal: Opener) -> None:
    """COLUMNS and LINES, once exported, know of no window that was dragged."""
    assert tool("run", "--name", "done", "--", *TRAIN, "100").code == 0
    one = terminal("watch", "done", environment={"COLUMNS": "50", "LINES": "10"})
    one.wait_for("finished", "q leave")
    assert "q leave" in one.screen.display[-1]


@pytest.mark.parametrize("last", [(120, 36), (80, 24), (20, 5), (200, 60)])
def test_a_storm_of_resizes(tool: Tool, terminal: Opener, last: tuple[int, int]) -> None:
    """Every 10 ms for two seconds, down to 1 × 1: afterwards it shows what a viewer does that was opened so."""
    assert tool("run", "--name", "done", "--", *TRAIN, "100").code == 0
    one = terminal("watch", "done", columns=last[0], lines=last[1])
    one.read_until_quiet(1.5)
    calm = _but_for_cost(one)
    chosen = random.Random(sum(last))
    until = time.monotonic() + 2.0
    one.resize(1, 1)
    while time.monotonic() < until:
        one.read(0.01)
        one.resize(chosen.randint(1, 220), chosen.randint(1, 70))
    one.resize(*last)
    one.read_until_quiet(1.5)
    assert one.process.poll() is None
    assert _but_for_cost(one) == calm


def _but_for_cost(one: Terminal) -> list[str]:
    """What stands on the screen, but for the footer's one number that a storm may well change."""
    return [line.partition("watching costs")[0].rstrip() for line in one.screen.display]
