"""Textual's driver for a terminal, made to survive the terminal and to keep pace with it: one frame at a time."""

from __future__ import annotations

import os
import signal
import time
from asyncio import TimerHandle
from collections.abc import Callable
from threading import Lock
from typing import Any

from textual import events
from textual.drivers.linux_driver import LinuxDriver
from textual.geometry import Size
from textual.message import Message

from mlperf_tui.viewer import glyphs, terminal
from mlperf_tui.viewer.cells import Cells
from mlperf_tui.viewer.colours import has_colours
from mlperf_tui.viewer.keyboard import Keyboard
from mlperf_tui.viewer.pacing import QUESTION, Pacing
from mlperf_tui.viewer.writer import Writer

LEAVE_WITHIN_S = 10.0
LOOK_AGAIN_S = 0.02
POINTER_SHAPE = "\x1b]22;"
"""Textual sends it outside of frames; no meaning of ours, and poor terminals print it."""


class SurvivingDriver(LinuxDriver):
    """Never blocks the event loop, whatever the terminal does, and says when the next frame may be composed."""

    def __init__(self, *arguments: Any, **more: Any) -> None:
        super().__init__(*arguments, **more)
        coloured = not self._app.no_color and has_colours(os.environ)
        self.cells = Cells(coloured=coloured, ascii_only=not glyphs.utf8())
        self._pacing = Pacing()
        self._lock = Lock()
        self._writer: Writer | None = None
        self._keyboard: Keyboard | None = None
        self._bytes_of_old_writers = 0
        self._bytes_in_frame = 0
        self._waiting: set[Callable[[], object]] = set()
        self._timer: TimerHandle | None = None

    @property
    def bytes_sent(self) -> int:
        """All bytes that the terminal has taken so far."""
        return self._bytes_of_old_writers + (self._writer.bytes_written if self._writer else 0)

    @property
    def ready(self) -> bool:
        """Whether the last frame has arrived, so that the next one may be composed and sent."""
        return self._wait_s() == 0

    def when_ready(self, call: Callable[[], object]) -> None:
        """Call this in the event loop, once, as soon as it is `ready`."""
        self._waiting.add(call)
        if self._timer is None:
            self._timer = self._loop.call_later(self._wait_s(), self._look)

    def end_frame(self) -> None:
        """What was written since the last frame is the next one; it ends with the question whether it has arrived."""
        size, self._bytes_in_frame = self._bytes_in_frame, 0
        if size:
            with self._lock:
                asks = self._pacing.sent(self._loop.time(), size)
            if asks:
                self._put(QUESTION)

    def write(self, data: str) -> None:
        if not data.startswith(POINTER_SHAPE):
            self._bytes_in_frame += self._put(data)

    def start_application_mode(self) -> None:
        self.cells.forget()
        self._writer = Writer(2 if self._file is None else self._file.fileno())
        self._writer.start()
        self._keyboard = Keyboard(self.fileno, self.process_message, debug=self._debug)
        super().start_application_mode()  # type: ignore[no-untyped-call]
        with self._lock:
            self._pacing.begin(self._loop.time())
        self._put(QUESTION)
        self._bytes_in_frame = 0

    def run_input_thread(self) -> None:
        if self._keyboard is not None:
            self._keyboard.run()

    def process_message(self, message: Message) -> None:
        """Runs on the thread that reads the keys."""
        if not isinstance(message, events.CursorPosition):
            super().process_message(message)
            return
        with self._lock:
            self._pacing.answered()
        self._loop.call_soon_threadsafe(self._look)

    def disable_input(self) -> None:
        """Take in the answers that are on their way first: else the shell would get them as if they were typed."""
        until = self._loop.time() + LEAVE_WITHIN_S
        while self._expects() and self._loop.time() < until:
            time.sleep(LOOK_AGAIN_S)
        if self._keyboard is not None:
            self._keyboard.end()
            self._keyboard = None
        super().disable_input()

    def _sigtstp_application(self, *_: object) -> None:
        self._soon(self._suspend)

    def _sigcont_application(self, *_: object) -> None:
        self._soon(self._resume)

    def _soon(self, call: Callable[[], object]) -> None:
        """In the event loop: a signal may find it at a lock of ours, and whoever waited for that would wait for ever.

        A terminal that hangs up sends SIGCONT too.
        """
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(call)

    def _suspend(self) -> None:
        if self._auto_restart:
            self.suspend_application_mode()
            self._must_signal_resume = True
        os.kill(os.getpid(), signal.SIGSTOP)

    def _resume(self) -> None:
        """Draw everything anew, also after a SIGSTOP, which doesn't ask first; not where all has ended."""
        if terminal.gone() or not self._auto_restart:
            return
        if not self._must_signal_resume:
            if self._writer is None:
                return
            self.suspend_application_mode()
            self._must_signal_resume = True
        self.resume_application_mode()

    def close(self) -> None:
        super().close()
        if self._writer is not None:
            self._writer.stop()
            self._bytes_of_old_writers += self._writer.bytes_written
            self._writer = None

    def check_size(self, believed: Size) -> None:
        """Tell the app of another size than it believes in.

        Linux signals a pty's resize before it sets the new size: whoever asks at once may be told the old one.
        """
        columns, lines = self._get_terminal_size()
        if (columns, lines) != believed:
            size = Size(columns, lines)
            self.send_message(events.Resize(size, size))

    def _get_terminal_size(self) -> tuple[int, int]:
        """The terminal's own word first: COLUMNS and LINES in the environment know of no resizing."""
        try:
            size = os.get_terminal_size(self.fileno)
        except OSError:
            return super()._get_terminal_size()
        return size.columns, size.lines

    def _put(self, data: str) -> int:
        encoded = data.encode(getattr(self._file, "encoding", None) or "utf-8", "replace")
        if self._writer is not None:
            self._writer.put(encoded)
        return len(encoded)

    def _wait_s(self) -> float:
        with self._lock:
            wait_s = self._pacing.wait_s(self._loop.time())
        written = self._writer is None or self._writer.idle
        return wait_s if written else max(wait_s, LOOK_AGAIN_S)

    def _look(self) -> None:
        """Call those who wait, or look again when an answer that hasn't come by then is given up."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._waiting and (wait_s := self._wait_s()):
            self._timer = self._loop.call_later(wait_s, self._look)
            return
        waiting, self._waiting = self._waiting, set()
        for call in waiting:
            call()

    def _expects(self) -> bool:
        written = self._writer is not None and not self._writer.lost
        with self._lock:
            return written and self._pacing.expects(self._loop.time()) and not terminal.gone()
