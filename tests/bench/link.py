"""A terminal at the far end of a link: a pty whose master is drained at a given rate, and that answers when it has."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import struct
import subprocess
import termios
import time
from itertools import pairwise
from threading import Event, Thread

import pyte

QUESTION = b"\x1b[6n"
TICK_S = 0.02
FIRST_BYTES = 500
PAUSE_S = 0.2
BURST_S = 0.1
"""So much of a second's bytes may come at once, as in a token bucket."""


class Link(Thread):
    """Runs a command in the terminal. `drained` holds when (monotonic seconds) how many bytes in all had arrived.

    `answered` holds when each question (where is the cursor?) was answered.
    """

    def __init__(
        self,
        words: list[str],
        environment: dict[str, str],
        *,
        size: tuple[int, int],
        bytes_per_s: float = 1e9,
        draws: bool = True,
    ) -> None:
        super().__init__(daemon=True)
        self.screen = pyte.Screen(*size)
        self.drained: list[tuple[float, int]] = [(time.monotonic(), 0)]
        self.answered: list[float] = []
        self._draws = draws
        self._bytes_per_s = bytes_per_s
        self._stream = pyte.ByteStream(self.screen)
        self._tail = b""
        self._over = Event()
        self.master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", size[1], size[0], 0, 0))
        self.process = subprocess.Popen(
            ["setsid", "--ctty", *words], stdin=slave, stdout=slave, stderr=slave, env=environment
        )
        os.close(slave)
        self.start()

    def type(self, keys: str) -> float:
        """Press keys; when that was: before the far end can have seen them, which may be before the write returns."""
        now = time.monotonic()
        os.write(self.master, keys.encode())
        return now

    def arrived_s(self, total: int) -> float | None:
        """When so many bytes had arrived."""
        return next((when for when, so_far in list(self.drained) if so_far >= total), None)

    def until_pause(self) -> tuple[float, int]:
        """When the first pause began after the first 500 bytes, and how many there were: the first picture."""
        drained = list(self.drained)
        for (when, so_far), (then, _) in pairwise(drained):
            if so_far > FIRST_BYTES and then - when > PAUSE_S:
                return when, so_far
        return drained[-1]

    def run(self) -> None:
        tokens, before = 0.0, time.monotonic()
        while not self._over.is_set():
            now = time.monotonic()
            tokens = min(tokens + (now - before) * self._bytes_per_s, max(1.0, BURST_S * self._bytes_per_s))
            before = now
            if tokens < 1:
                time.sleep(TICK_S)
            elif select.select([self.master], [], [], TICK_S)[0]:
                tokens -= self._take(min(int(tokens), 1 << 16))

    def close(self) -> None:
        """Kill what runs in it, and hang up."""
        self.process.kill()
        self.process.wait()
        self._over.set()
        self.join()
        os.close(self.master)

    def _take(self, at_most: int) -> int:
        try:
            data = os.read(self.master, at_most)
        except OSError:
            self._over.set()
            return 0
        self.drained.append((time.monotonic(), self.drained[-1][1] + len(data)))
        if self._draws:
            self._stream.feed(data)
        seen = self._tail + data
        for _ in range(seen.count(QUESTION)):
            self.answered.append(time.monotonic())
            os.write(self.master, b"\x1b[1;1R")
        self._tail = b"" if seen.endswith(QUESTION) else seen[-len(QUESTION) + 1 :]
        return len(data)
