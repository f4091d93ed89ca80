"""The viewer on a real terminal: what it sends, and that it goes quietly when the terminal does."""

from __future__ import annotations

import asyncio
import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pyte
import pytest
from textual.app import App
from textual.events import Resize
from textual.geometry import Size

from mlperf_tui.viewer import terminal as terminal_there
from mlperf_tui.viewer.driver import SurvivingDriver
from tests.viewer.app_of import RECORDED

PROGRAM = """
import fcntl, sys, termios
from pathlib import Path
from mlperf_tui.session.folder import Folder
from mlperf_tui.viewer.app import watch
from mlperf_tui.viewer.control import Control
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
Path(sys.argv[2]).write_text(str(watch(Folder(Path(sys.argv[1])), Control())))
"""
PATIENCE_S = 30.0


class Answering(pyte.Screen):
    """A screen of 80 × 24 that says where its cursor is when it is asked, as every terminal does."""

    def __init__(self, master: int) -> None:
        super().__init__(80, 24)
        self._master = master

    def write_process_input(self, data: str) -> None:
        os.write(self._master, data.encode())


@dataclass
class Terminal:
    """A viewer in a pty of 80 × 24, and the screen as a terminal shows it."""

    process: subprocess.Popen[bytes]
    master: int
    screen: pyte.Screen
    stream: pyte.ByteStream
    said: str

    def wait_for(self, text: str) -> str:
        until = time.monotonic() + PATIENCE_S
        while time.monotonic() < until:
            if select.select([self.master], [], [], 0.2)[0]:
                self.stream.feed(os.read(self.master, 65536))
            shown = "\n".join(self.screen.display)
            if text in shown:
                return shown
        raise AssertionError(f"{text!r} did not come:\n{shown}")

    def end(self) -> int:
        """The exit code, with what is still written drained as a terminal does."""
        until = time.monotonic() + PATIENCE_S
        while self.process.poll() is None and time.monotonic() < until:
            if self.master >= 0 and select.select([self.master], [], [], 0.1)[0]:
                try:
                    self.stream.feed(os.read(self.master, 65536))
                except OSError:
                    time.sleep(0.05)
        return self.process.wait(1)

    def hang_up(self) -> None:
        os.close(self.master)
        self.master = -1


@pytest.fixture
def terminal(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Terminal]:
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    said = tmp_path_factory.mktemp("said") / "outcome"
    environ = {
        **os.environ,
        "TERM": "xterm-256color",
        "LC_ALL": "C.UTF-8",
        "TZ": "UTC",
        **getattr(request, "param", {}),
    }
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(RECORDED / "eight-gpus"), str(said)],
        stdin=slave, stdout=slave, stderr=slave, env=environ, start_new_session=True,
    )  # fmt: skip
    os.close(slave)
    screen = Answering(master)
    found = Terminal(process, master, screen, pyte.ByteStream(screen), str(said))
    yield found
    if process.poll() is None:
        process.kill()
        process.wait()
    if found.master >= 0:
        os.close(found.master)


def outcome(terminal: Terminal) -> str:
    with open(terminal.said) as file:  # noqa: PTH123
        return file.read()


def test_it_shows_and_leaves_by_key(terminal: Terminal) -> None:
    """The whole way through a terminal: the first frame, then q."""
    shown = terminal.wait_for("679/700")
    assert "■ stopped 00:02:02" in shown
    os.write(terminal.master, b"q")
    assert terminal.end() == 0
    assert "status='stopped', lost=False" in outcome(terminal)


def test_a_closed_terminal_ends_it_quietly(terminal: Terminal) -> None:
    """The far end is closed, and the kernel sends a hang-up."""
    terminal.wait_for("q leave")
    terminal.hang_up()
    assert terminal.end() == 0
    assert "lost=True" in outcome(terminal)


def test_a_hang_up_alone_ends_it(terminal: Terminal) -> None:
    """SIGHUP, while the terminal is still there."""
    terminal.wait_for("q leave")
    terminal.process.send_signal(signal.SIGHUP)
    assert terminal.end() == 0
    assert "lost=True" in outcome(terminal)


@pytest.mark.parametrize("terminal", [{"NO_COLOR": "1"}], indirect=True)
def test_no_colour_is_sent(terminal: Terminal) -> None:
    """With NO_COLOR set, no cell has a colour of its own."""
    terminal.wait_for("q leave")
    cells = [cell for line in terminal.screen.buffer.values() for cell in line.values()]
    assert {(cell.fg, cell.bg) for cell in cells} == {("default", "default")}


@pytest.mark.parametrize("terminal", [{"LC_ALL": "C"}], indirect=True)
def test_ascii_is_sent_where_the_locale_says_so(terminal: Terminal) -> None:
    """Nothing but ASCII stands on the screen."""
    assert terminal.wait_for("q leave").isascii()


async def test_a_size_that_the_signal_came_too_early_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """The kernel signals before it sets the size: a later check tells the app, if there is something new."""
    told: list[object] = []
    driver = SurvivingDriver.__new__(SurvivingDriver)
    monkeypatch.setattr(driver, "_get_terminal_size", lambda: (20, 5))
    monkeypatch.setattr(driver, "send_message", told.append)
    driver.check_size(Size(66, 40))
    driver.check_size(Size(20, 5))
    [event] = told
    assert isinstance(event, Resize)
    assert event.size == (20, 5)


@pytest.fixture
def signals_kept() -> Iterator[None]:
    """Textual's driver takes these two when it is made."""
    before = {each: signal.getsignal(each) for each in (signal.SIGTSTP, signal.SIGCONT)}
    yield
    for each, handler in before.items():
        signal.signal(each, handler)


@pytest.mark.usefixtures("signals_kept")
async def test_a_signal_waits_for_no_lock(monkeypatch: pytest.MonkeyPatch) -> None:
    """SIGCONT, which a hang-up brings too, may come while the pace is looked at: it is obeyed afterwards."""
    resumed = asyncio.Event()
    with Path(os.devnull).open() as nothing:
        monkeypatch.setattr(sys, "__stdin__", nothing)
        driver = SurvivingDriver(App(ansi_color=True))

    def resume() -> None:
        if driver.ready:  # which takes the lock
            resumed.set()

    monkeypatch.setattr(driver, "resume_application_mode", resume)
    monkeypatch.setattr(terminal_there, "gone", lambda: False)
    driver._must_signal_resume = True
    with driver._lock:
        os.kill(os.getpid(), signal.SIGCONT)
        assert not resumed.is_set()
    await asyncio.wait_for(resumed.wait(), PATIENCE_S)
