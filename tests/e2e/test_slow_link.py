"""A terminal far away: one frame is on its way at a time, a key's answer is the next one, and nothing stays behind."""

from __future__ import annotations

import re
import signal
import time
from collections.abc import Callable

from tests.e2e.terminal import Opener, Terminal
from tests.e2e.tool import PATIENCE_S, Tool

QUESTION = b"\x1b[6n"
CLEAR = b"\x1b[2J"
SEQUENCE = re.compile(rb"\x1b\[[\d;]*[A-Za-z]")
STRAY = '{} watch last; IFS= read -r -s -t 3 -n 1 stray; printf "stray=[%q]\\n" "$stray"'


def _hold_back(one: Terminal) -> None:
    """From now on nothing is answered; what was on its way has come."""
    one.answers = False
    until = time.monotonic() + PATIENCE_S
    asked = one.taken.count(QUESTION)
    while one.taken.count(QUESTION) == asked:
        one.read()
        assert time.monotonic() < until, "no frame came"
    one.read_until_quiet()


def test_the_first_frame_says_something(tool: Tool, terminal: Opener) -> None:
    """None goes out before there are numbers: the one with numbers would wait until the empty one has arrived."""
    assert tool("run", "--name", "done", "--", "true").code == 0
    one = terminal("watch", "done")
    one.wait_for("finished", "q leave")
    first = one.taken.split(QUESTION)[1]
    assert SEQUENCE.sub(b"", first).strip()


def test_nothing_is_sent_while_a_frame_is_on_its_way(tool: Tool, terminal: Opener) -> None:
    """Keys are handled, and the one frame that follows the answer shows what they led to."""
    tool.train(100_000)
    one = terminal("watch", "last")
    one.wait_for("running", "samples/s")
    _hold_back(one)
    taken = len(one.taken)
    for key in ("?", "\x1b", " "):
        one.type(key)
        one.read(0.5)
    one.read_until_quiet(2.0)
    assert len(one.taken) == taken
    one.answer_now()
    one.wait_for("stands still")
    assert one.taken[taken:].count(QUESTION) <= 1
    assert b"Keys" not in one.taken[taken:]


def test_shrunk_and_grown_while_a_frame_is_on_its_way(tool: Tool, terminal: Opener) -> None:
    """The terminal has lost what it showed though its size is the same again: it is drawn as a whole."""
    assert tool("run", "--name", "done", "--", "true").code == 0
    one = terminal("watch", "done")
    one.wait_for("finished", "q leave")
    shown = one.read_until_quiet(1.5).partition("watching costs")[0]
    one.answers = False
    one.type("?")
    one.wait_for("all keys")
    for size in ((10, 5), (120, 36)):
        one.resize(*size)
        one.read_until_quiet()
    one.answer_now()
    one.answers = True
    one.type("\x1b")
    one.wait_until_gone("all keys")
    assert one.read_until_quiet(1.5).partition("watching costs")[0] == shown


def test_what_comes_up_over_the_screen_leaves_the_rest_alone(tool: Tool, terminal: Opener) -> None:
    """Neither to show it nor to take it away is the terminal cleared and drawn as a whole: that takes seconds there."""
    assert tool("run", "--name", "done", "--", "true").code == 0
    one = terminal("watch", "done")
    one.wait_for("finished", "q leave")
    one.read_until_quiet(1.5)
    taken = len(one.taken)
    one.type("?")
    one.wait_for("all keys")
    one.read_until_quiet(1.5)
    one.type("\x1b")
    one.wait_until_gone("all keys")
    assert CLEAR not in one.taken[taken:]


def test_an_answer_on_its_way_is_not_left_to_the_shell(tool: Tool, terminal: Opener) -> None:
    """The product waits for it before it gives the terminal back."""
    tool.train(100_000)
    one = terminal(STRAY.format(tool.executable), shell=True)
    one.wait_for("running", "samples/s")
    _hold_back(one)
    one.type("q")
    one.read_until_quiet(0.7)
    one.answer_now()
    one.answers = True
    one.wait_for("stray=['']")


def test_a_terminal_that_never_answers(tool: Tool, terminal: Opener) -> None:
    """It gets its frames by time, and is left at once."""
    tool.train(100_000)
    one = terminal("watch", "last")
    one.answers = False
    one.wait_for("running", "samples/s")
    one.type(" ")
    one.wait_for("stands still")
    one.type("q")
    assert one.end() == 0


def test_two_kilobytes_a_second(tool: Tool, terminal: Opener) -> None:
    """Slow in both directions: it shows, answers keys and leaves, and the shell finds nothing in its input."""
    tool.train(100_000)
    one = terminal(STRAY.format(tool.executable), shell=True)

    def drain_until(true: Callable[[str], object]) -> None:
        until = time.monotonic() + PATIENCE_S
        while not true(one.read(0.1, at_most=200)):
            assert time.monotonic() < until, f"it did not come:\n{one.read(0)}"
            time.sleep(0.1)

    drain_until(lambda shown: "samples/s" in shown)
    one.type("?")
    drain_until(lambda shown: "all keys" in shown)
    one.type("\x1b")
    drain_until(lambda shown: "all keys" not in shown)
    time.sleep(0.3)
    one.type(" ")
    drain_until(lambda shown: "stands still" in shown)
    one.type("q")
    drain_until(lambda shown: "stray=['']" in shown)


def test_stopped_from_outside_and_resumed(tool: Tool, terminal: Opener) -> None:
    """SIGSTOP gives nothing back; the screen is drawn anew all the same, and takes keys."""
    assert tool("run", "--name", "done", "--", "true").code == 0
    one = terminal("watch", "done")
    one.wait_for("finished", "q leave")
    one.read_until_quiet(1.5)
    one.process.send_signal(signal.SIGSTOP)
    one.read_until_quiet(1.0)
    one.screen.reset()
    one.process.send_signal(signal.SIGCONT)
    one.wait_for("finished", "q leave")
    one.type("?")
    one.wait_for("all keys")
    one.type("\x1b")
    one.wait_until_gone("all keys")
    one.type("q")
    assert one.end() == 0


def test_suspended_and_resumed(tool: Tool, terminal: Opener) -> None:
    """Given back to the shell, and drawn anew as a whole when it comes back: the shell may have written anything."""
    assert tool("run", "--name", "done", "--", "true").code == 0
    one = terminal("watch", "done")
    one.wait_for("finished", "q leave")
    shown = one.read_until_quiet(1.5).partition("watching costs")[0]
    one.process.send_signal(signal.SIGTSTP)
    one.read_until_quiet(1.0)
    assert one.taken.rstrip().endswith(b"\x1b[?1004l")
    one.screen.reset()
    one.process.send_signal(signal.SIGCONT)
    one.wait_for("finished", "q leave")
    assert one.read_until_quiet(1.5).partition("watching costs")[0] == shown
    one.type("q")
    assert one.end() == 0
