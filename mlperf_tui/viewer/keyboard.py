"""What comes from the terminal: keys, and its answers. It sleeps as long as nothing comes."""

from __future__ import annotations

import contextlib
import os
import select
from codecs import getincrementaldecoder
from collections.abc import Callable

from textual._xterm_parser import XTermParser
from textual.constants import ESCAPE_DELAY
from textual.message import Message

READ_BYTES = 4096


class Keyboard:
    """Reads on a thread of its own, until told to `end`; Textual's own reader wakes up ten times a second."""

    def __init__(self, fileno: int, handle: Callable[[Message], object], *, debug: bool = False) -> None:
        self._fileno = fileno
        self._handle = handle
        self._parser = XTermParser(debug)
        self._decode = getincrementaldecoder("utf-8")("replace").decode
        self._end, self._told = os.pipe()

    def run(self) -> None:
        """Hand on every event, until the end or until the terminal is gone."""
        try:
            self._read()
        finally:
            os.close(self._end)

    def end(self) -> None:
        """Have `run` return. Once only."""
        os.close(self._told)

    def _read(self) -> None:
        while True:
            # A lone escape is a key only when nothing has followed it for a while.
            waits = self._parser._timeout_time is not None
            ready, _, _ = select.select([self._fileno, self._end], [], [], ESCAPE_DELAY if waits else None)
            if self._end in ready or (ready and not self._take()):
                return
            for event in self._parser.tick():
                self._handle(event)

    def _take(self) -> bool:
        """Whether anything was there: nothing is at the end of a terminal that has gone."""
        data = b""
        with contextlib.suppress(OSError):
            data = os.read(self._fileno, READ_BYTES)
        text = self._decode(data)  # nothing yet of a letter whose first byte has come: to the parser that is the end
        for event in self._parser.feed(text) if text else ():
            self._handle(event)
        return bool(data)
