"""A terminal for the installed product: a pty with a screen that pyte reads."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import struct
import subprocess
import termios
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import pyte

from tests.e2e.tool import PATIENCE_S, Tool


class Answering(pyte.Screen):
    """A screen that hands on its answers (where the cursor is, say), as every terminal does."""

    def __init__(self, columns: int, lines: int, answer: Callable[[str], None]) -> None:
        super().__init__(columns, lines)
        self._answer = answer

    def write_process_input(self, data: str) -> None:
        self._answer(data)


class Terminal:
    """One command of the product in a terminal of its own, which is its controlling one.

    `answers` is whether the terminal answers what it is asked; what it holds back comes with `answer_now`. `taken`
    holds all bytes that it has been sent. In `environment` None takes a name out.
    """

    def __init__(
        self,
        tool: Tool,
        *words: str,
        columns: int = 120,
        lines: int = 36,
        cwd: Path | None = None,
        environment: Mapping[str, str | None] | None = None,
        shell: bool = False,
    ) -> None:
        self.answers = True
        self.taken = b""
        self._held = ""
        self.screen = Answering(columns, lines, self._answer)
        self._stream = pyte.ByteStream(self.screen)
        self.master, slave = pty.openpty()
        self._size(slave, columns, lines)
        command = ["bash", "-c", *words] if shell else [str(tool.executable), *words]
        setting = _environment(tool, environment or {})
        self.process = subprocess.Popen(
            ["setsid", "--ctty", *command], stdin=slave, stdout=slave, stderr=slave, env=setting, cwd=cwd
        )
        os.close(slave)

    def read(self, seconds: float = 0.2, at_most: int = 1 << 16) -> str:
        """What the screen shows, after taking in what comes within so many seconds."""
        if self.master >= 0 and select.select([self.master], [], [], seconds)[0]:
            try:
                data = os.read(self.master, at_most)
                self.taken += data
                self._stream.feed(data)
            except OSError:
                time.sleep(seconds)
        return "\n".join(self.screen.display)

    def read_until_quiet(self, seconds: float = 0.5) -> str:
        """The screen, once nothing has come for so long."""
        taken, until = -1, time.monotonic() + PATIENCE_S
        while taken != len(self.taken):
            assert time.monotonic() < until, f"it does not fall quiet:\n{self.read(0)}"
            taken = len(self.taken)
            self.read(seconds)
        return self.read(0)

    def answer_now(self) -> None:
        """Give the answers that were held back."""
        held, self._held = self._held, ""
        self.type(held)

    def resize(self, columns: int, lines: int) -> None:
        """As when a window is dragged: the kernel tells the product."""
        self.screen.resize(lines, columns)
        self._size(self.master, columns, lines)

    def wait_for(self, *texts: str) -> str:
        """The screen, once it shows all of the texts."""
        until = time.monotonic() + PATIENCE_S
        while time.monotonic() < until:
            shown = self.read()
            if all(text in shown for text in texts):
                return shown
        raise AssertionError(f"{texts} did not come:\n{self.read()}")

    def wait_until_gone(self, text: str) -> None:
        """Wait until the screen doesn't show the text any more."""
        until = time.monotonic() + PATIENCE_S
        while text in self.read():
            assert time.monotonic() < until, f"{text} did not go"

    def type(self, keys: str) -> None:
        os.write(self.master, keys.encode())

    def end(self) -> int:
        """The exit code of the command, its last words taken in."""
        until = time.monotonic() + PATIENCE_S
        while self.process.poll() is None:
            assert time.monotonic() < until, f"it does not end:\n{self.read()}"
            self.read()
        self.read()
        return self.process.returncode

    def hang_up(self) -> None:
        """Close the terminal, as a lost link does."""
        os.close(self.master)
        self.master = -1

    def kill(self) -> None:
        """SIGKILL: setsid(1) has become the product itself, since nothing made it a group's leader."""
        self.process.kill()
        self.process.wait(PATIENCE_S)

    def _answer(self, text: str) -> None:
        if not self.answers:
            self._held += text
        elif self.master >= 0:
            self.type(text)

    @staticmethod
    def _size(descriptor: int, columns: int, lines: int) -> None:
        fcntl.ioctl(descriptor, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))

    def close(self) -> None:
        if self.process.poll() is None:
            self.kill()
        if self.master >= 0:
            os.close(self.master)


def _environment(tool: Tool, more: Mapping[str, str | None]) -> dict[str, str]:
    wanted = {
        **os.environ,
        "MLPERF_TUI_SESSIONS": str(tool.root),
        "TERM": "xterm-256color",
        "LC_ALL": "C.UTF-8",
        "TZ": "UTC",
        **more,
    }
    return {name: value for name, value in wanted.items() if value is not None}


Opener = Callable[..., Terminal]
"""Opens a terminal with a command of the product in it."""
