"""The one cursor in time: where it stands and how it moves, and what the keys have asked of it meanwhile."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass

from mlperf_tui.frozen import frozen


@dataclass(slots=True)
class Cursor:
    """`t` in monotonic ns, None while it follows what happens; `speed` in times real time."""

    t: int | None = None
    speed: float = 0.0

    def look(self, t: int | None, began: int, end: int, *, ended: bool) -> None:
        """Go to `t`, or to the nearest moment that there is; at the end of what goes on, follow it."""
        self.t = None if t is None or (t >= end and not ended) else max(began, min(t, end))
        self.speed = 0.0 if self.t is None else self.speed

    def play(self, speed: float, end: int) -> None:
        """Move at this speed; 0 stands still, at `end` where it followed what happens."""
        self.t = end if self.t is None and not speed else self.t
        self.speed = 0.0 if self.t is None else speed

    def pass_by(self, passed_ns: int, end: int, *, ended: bool) -> None:
        """So much real time has passed: arrived at the end it stands still, or follows what goes on."""
        if self.t is None or not self.speed:
            return
        self.t += round(passed_ns * self.speed)
        if self.t >= end:
            self.t, self.speed = (end if ended else None), 0.0


@frozen
class Wish:
    """What was asked for last; `looks` says whether a place was, `speed` is None where none was."""

    looks: bool = False
    t: int | None = None
    speed: float | None = None


class Wishes:
    """Takes wishes from any thread. A new one replaces the one before: nothing queues."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._wish = Wish()
        self._came = threading.Event()
        self._over = threading.Event()

    @property
    def over(self) -> bool:
        """Whether the viewer leaves."""
        return self._over.is_set()

    def leave(self) -> None:
        """The viewer leaves: no more waiting."""
        self._over.set()
        self._came.set()

    def look(self, t: int | None) -> None:
        """A place; to go live undoes what speed was asked for."""
        with self._lock:
            self._wish = Wish(looks=True, t=t, speed=None if t is None else self._wish.speed)
        self._came.set()

    def play(self, speed: float) -> None:
        with self._lock:
            self._wish = Wish(self._wish.looks, self._wish.t, speed)
        self._came.set()

    def take(self) -> Wish:
        """What was wished since the last time."""
        self._came.clear()
        with self._lock:
            wish, self._wish = self._wish, Wish()
        return wish

    def wait(self, until_s: float) -> None:
        """Until that time (monotonic), a wish, or the end of the viewer."""
        if not self.over:
            self._came.wait(max(0.0, until_s - time.monotonic()))
