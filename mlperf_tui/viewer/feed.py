"""Follows a session on a thread of its own and hands on one Snapshot a second. The one reader of the clock.

It shows the session as it is, or as it was where somebody looks back; both are told through the same records.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import replace

from mlperf_tui.analysis.bottleneck import Verdict
from mlperf_tui.session import lock
from mlperf_tui.session.alive import Process
from mlperf_tui.session.folder import Folder
from mlperf_tui.session.index import Index
from mlperf_tui.session.output import LastLines
from mlperf_tui.session.span import last_time
from mlperf_tui.session.status import ENDED, REVIVING, Status, status
from mlperf_tui.steps.facts import boot_id, hostname
from mlperf_tui.viewer import stored
from mlperf_tui.viewer.cursor import Cursor, Wishes
from mlperf_tui.viewer.lookback import Standing
from mlperf_tui.viewer.model import Model
from mlperf_tui.viewer.snapshot import Look, Snapshot

PERIOD_S = 1.0
FAST_PERIOD_S = 0.25
"""The period of a picture that plays faster than real time."""

OUTPUT_LINES = 400


class Feed:
    """One session, opened from its end. Making one reads the plan and nothing else."""

    def __init__(self, folder: Folder) -> None:
        self._folder = folder
        self._plan = folder.plan()
        self._wishes = Wishes()
        self._cursor = Cursor()
        self._polled_ns = 0
        self._output = LastLines(folder.output, OUTPUT_LINES)
        self._index = Index(folder)
        self._standing: Standing | None = None
        self._verdict: tuple[Verdict | None] | None = None
        self._program: Process | None = None
        self._last = Snapshot(self._plan, Status("starting"), 0)

    def look(self, t: int | None) -> None:
        """Put the cursor at `t`, in monotonic ns of the session's host; None is live again, or the end."""
        self._wishes.look(t)

    def play(self, speed: float) -> None:
        """Move the cursor at so many times real time, up to 100; 0 freezes the picture where it stands."""
        self._wishes.play(speed)

    def poll(self) -> Snapshot:
        """What is known now, or was at the cursor. Where nothing can be read, the last picture and the reason."""
        try:
            self._last = self._seen()
        except Exception as error:  # noqa: BLE001  whatever is wrong with the files, the screen goes on
            self._last = replace(self._last, status=self._excuse(error))
            self._index, self._standing = Index(self._folder), None
        return self._last

    def leave(self) -> None:
        """End `run` as soon as it has polled."""
        self._wishes.leave()

    def run(self, show: Callable[[Snapshot], object]) -> None:
        """Poll until told to leave, at a fixed rate: a late tick is not followed by a hurried one."""
        start = time.monotonic()
        while not self._wishes.over:
            show(self.poll())
            period = FAST_PERIOD_S if self._cursor.speed > 1 else PERIOD_S
            passed = (time.monotonic() - start) / period
            self._wishes.wait(start + (math.floor(passed) + 1) * period)

    def _seen(self) -> Snapshot:
        self._folder.session.stat()
        state = self._state()
        end = self._move_cursor(state)
        return self._live(state) if self._cursor.t is None else self._past(self._cursor.t, end, state)

    def _state(self) -> Status:
        """As whoever looks at it is told; while it runs here its program is kept in mind."""
        state = status(self._folder)
        if not state.live:
            self._program = None
        elif self._program is None and (holders := lock.read(self._folder.lock)) is not None:
            self._program = holders.workload
        return replace(state, detail=REVIVING) if state.word == "running-unrecorded" else state

    def _move_cursor(self, state: Status) -> int:
        """By what was asked and by the time that has passed; the last moment (monotonic ns) that there is to see."""
        now = time.monotonic_ns()
        passed, self._polled_ns = now - self._polled_ns, now
        wish = self._wishes.take()
        if self._cursor.t is None and not wish.looks and wish.speed is None:
            return now
        end, ended = self._end(state, now), state.word in ENDED
        self._cursor.pass_by(passed, end, ended=ended)
        if wish.looks:
            self._cursor.look(wish.t, self._last.began or 0, end, ended=ended)
        if wish.speed is not None:
            self._cursor.play(wish.speed, end)
        return end

    def _live(self, state: Status) -> Snapshot:
        standing = self._standing
        if standing is None or self._last.look is not None:
            standing = self._reach(max(last_time(self._folder), standing.t if standing else 0))
        standing.read(None)
        standing.t = self._now(state, standing.model)
        lines, size = self._output.read()
        shown = standing.model.snapshot(standing.t, state, lines)
        return replace(shown, output_end=size, limited=self._over_all(state) if state.ended else shown.limited)

    def _over_all(self, state: Status) -> Verdict | None:
        """What limited an ended run; asked for once."""
        if self._verdict is None:
            self._verdict = (stored.verdict(self._folder, state),)
        return self._verdict[0]

    def _past(self, t: int, end: int, state: Status) -> Snapshot:
        standing = self._reach(t)
        standing.read(t)
        standing.t = t
        printed = standing.output_bytes
        lines, size = ((), None) if printed is None else self._output.read(printed)
        shown = standing.model.snapshot(t, state, lines, past=True)
        return replace(shown, output_end=size, look=Look(t, self._cursor.speed, shown.began or t, end))

    def _reach(self, t: int) -> Standing:
        """Forward from where the model stands, or anew where that is behind `t` or far before it."""
        if self._standing is None or not self._standing.leads_to(t):
            self._standing = Standing(self._folder, self._plan, self._index, t)
        return self._standing

    def _now(self, state: Status, model: Model) -> int:
        """An ended session stands still, and so does one of another host or boot, whose clock isn't ours."""
        if state.end is not None and state.word in ENDED:
            return max(state.end.t, model.last_t)
        if state.word in ENDED or not _here(model):
            return model.last_t
        return time.monotonic_ns()

    def _end(self, state: Status, now: int) -> int:
        """The last moment that there is to look at."""
        here = self._standing is not None and _here(self._standing.model)
        if state.word not in ENDED and here:
            return now
        return max(state.end.t if state.end else 0, last_time(self._folder))

    def _excuse(self, error: Exception) -> Status:
        if not self._folder.session.exists():
            return Status("gone", f"its directory was removed{_what_became_of(self._program)}")
        return Status("unreadable", f"it can't be read just now ({type(error).__name__}: {error})")


def _here(model: Model) -> bool:
    """Whether the session's clock is this machine's; before it has said so there is nothing to be old."""
    return model.boot == (hostname(), boot_id())


def _what_became_of(program: Process | None) -> str:
    """Of one that ran when it was last seen; nothing of one that had ended before."""
    if program is None:
        return ""
    return f"; the program still runs as process {program.pid}" if program.alive else "; the program has ended"
