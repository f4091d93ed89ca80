"""Follows a session on a thread of its own and hands on one Snapshot a second. The one reader of the clock."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from threading import Event

from mlperf_tui.session.folder import Folder
from mlperf_tui.session.follow import Follower
from mlperf_tui.session.output import last_lines
from mlperf_tui.session.rollup import minutes
from mlperf_tui.session.status import ENDED, Status, status
from mlperf_tui.steps.facts import boot_id, hostname
from mlperf_tui.viewer.model import Model
from mlperf_tui.viewer.snapshot import Snapshot

PERIOD_S = 1.0
RAW_NS = 180_000_000_000
"""So much before the end is read line by line; what lies before comes from the minutes."""

OUTPUT_LINES = 400


class Feed:
    """One session, opened from its end. Making one reads the plan and nothing else."""

    def __init__(self, folder: Folder) -> None:
        self._folder = folder
        self._model = Model(folder.plan())
        self._output: tuple[object, tuple[str, ...]] = (None, ())
        self._follower: Follower | None = None

    def poll(self) -> Snapshot:
        """What is known now: everything that has been written since the last time is taken in."""
        if self._follower is None:
            self._follower = Follower(self._folder, self._recall())
        state = status(self._folder)
        for origin, record in self._follower.read():
            self._model.add(origin, record)
        return self._model.snapshot(self._now(state), state, self._last_lines())

    def run(self, show: Callable[[Snapshot], object], leave: Event) -> None:
        """Poll until `leave` is set, at a fixed rate: a late tick is not followed by a hurried one."""
        start = time.monotonic()
        while True:
            show(self.poll())
            passed = (time.monotonic() - start) / PERIOD_S
            if leave.wait((math.floor(passed) + 1 - passed) * PERIOD_S):
                return

    def _recall(self) -> dict[str, int] | None:
        done = minutes(self._folder)
        newest = done[-1].t1 if done else 0
        old = [minute for minute in done if minute.t1 <= newest - RAW_NS]
        for minute in old:
            self._model.recall(minute, newest)
        return old[-1].offsets if old else None

    def _now(self, state: Status) -> int:
        """An ended session stands still, and so does one of another host or boot, whose clock isn't ours."""
        if state.end is not None and state.word in ENDED:
            return max(state.end.t, self._model.last_t)
        if state.word in ENDED or not self._here():
            return self._model.last_t
        return time.monotonic_ns()

    def _here(self) -> bool:
        """Whether the session's clock is this machine's; before it has said so there is nothing to be old."""
        return self._model.boot == (hostname(), boot_id())

    def _last_lines(self) -> tuple[str, ...]:
        """Read again only when the file has changed."""
        try:
            found = self._folder.output.stat()
        except OSError:
            return ()
        stamp = (found.st_size, found.st_mtime_ns)
        if stamp != self._output[0]:
            self._output = (stamp, tuple(last_lines(self._folder.output, OUTPUT_LINES)))
        return self._output[1]
