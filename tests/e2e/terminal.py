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
from pathlib import Path

import pyte

from tests.e2e.tool import PATIENCE_S, Tool


class Terminal:
    """One command of the product in a terminal of its own, which is its controlling one."""

    def __init__(self, tool: Tool, *words: str, columns: int = 120, lines: int = 36, cwd: Path | None = None) -> None:
        self.screen = pyte.Screen(columns, lines)
        self._stream = pyte.ByteStream(self.screen)
        self.master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
        environment = {
            **os.environ,
            "MLPERF_TUI_SESSIONS": str(tool.root),
            "TERM": "xterm-256color",
            "LC_ALL": "C.UTF-8",
            "TZ": "UTC",
        }
        self.process = subprocess.Popen(
            ["setsid", "--ctty", str(tool.executable), *words],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env=environment,
            cwd=cwd,
        )
        os.close(slave)

    def read(self, seconds: float = 0.2) -> str:
        """What the screen shows, after taking in what comes within so many seconds."""
        if self.master >= 0 and select.select([self.master], [], [], seconds)[0]:
            try:
                self._stream.feed(os.read(self.master, 1 << 16))
            except OSError:
                time.sleep(seconds)
        return "\n".join(self.screen.display)

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

    def close(self) -> None:
        if self.process.poll() is None:
            self.kill()
        if self.master >= 0:
            os.close(self.master)
