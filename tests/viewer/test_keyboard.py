"""The thread that reads keys: it hands on what comes, tells an escape from a sequence, and ends when told."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from textual import events
from textual.message import Message

from mlperf_tui.viewer.keyboard import Keyboard


@dataclass
class Typing:
    """A keyboard that is being read, and the far end of it."""

    far: int
    keyboard: Keyboard
    thread: threading.Thread
    came: list[Message] = field(default_factory=list)

    def keys(self, count: int) -> list[str]:
        """So many keys, once they have come."""
        until = time.monotonic() + 60
        while len(self.came) < count:
            assert time.monotonic() < until, self.came
            time.sleep(0.01)
        return [event.key for event in self.came if isinstance(event, events.Key)]


@pytest.fixture
def typing() -> Iterator[Typing]:
    near, far = os.pipe()
    came: list[Message] = []
    keyboard = Keyboard(near, came.append)
    one = Typing(far, keyboard, threading.Thread(target=keyboard.run), came)
    one.thread.start()
    yield one
    one.thread.join(60)
    assert not one.thread.is_alive()
    os.close(near)


def test_what_is_typed_comes_in_order(typing: Typing) -> None:
    """Letters, a sequence that comes in two parts, and a letter of two bytes that does."""
    for part in (b"a", b"\x1b[", b"A", b"\xc3", b"\xa9"):
        os.write(typing.far, part)
        time.sleep(0.01)
    assert typing.keys(3) == ["a", "up", "é"]
    typing.keyboard.end()
    os.close(typing.far)


def test_an_escape_alone_is_a_key(typing: Typing) -> None:
    """Nothing follows it: only time tells, and nobody types anything more."""
    os.write(typing.far, b"\x1b")
    assert typing.keys(1) == ["escape"]
    typing.keyboard.end()
    os.close(typing.far)


def test_the_end_of_the_terminal_ends_it(typing: Typing) -> None:
    """It doesn't turn round and round on nothing."""
    os.close(typing.far)
    typing.thread.join(60)
    assert not typing.thread.is_alive()
    typing.keyboard.end()
