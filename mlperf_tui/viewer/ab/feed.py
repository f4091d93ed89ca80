"""Follows an experiment on a thread of its own and hands on one Picture a second. The one reader of the clock.

Weighing the evidence costs more than reading the runner's few lines, and the runs beside it are being measured: so it
is done when a pair has ended, and in between as seldom as its cost asks for.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from threading import Event

from mlperf_tui.analysis.ab.result import Ab
from mlperf_tui.launch.ending import runs_left
from mlperf_tui.records import Clock, Record, Stage
from mlperf_tui.session.experiments import ExperimentFolder
from mlperf_tui.session.log import Tail
from mlperf_tui.session.status import LIVE, Status, status
from mlperf_tui.steps.facts import boot_id, hostname
from mlperf_tui.viewer.ab import model
from mlperf_tui.viewer.ab.picture import Held, Picture

PERIOD_S = 1.0
WEIGH_PERIOD_S = 2.0
WEIGH_SHARE = 50
"""Weighing again waits for so many times the processor time that it took last: 2 % of one core at most."""

Show = Callable[[Picture], object]


class AbFeed:
    """One experiment. `weigh` reads its sessions and says what they come to. Making one reads the plan alone."""

    def __init__(self, folder: ExperimentFolder, weigh: Callable[[], Ab]) -> None:
        self._folder = folder
        self._plan = folder.plan()
        self._weigh = weigh
        self._logs: dict[Path, tuple[Tail, list[Record]]] = {}
        self._held: Held | None = None
        self._trouble = ""
        self._weighed_at: tuple[object, ...] = ()
        self._weighed_s = 0.0
        self._due_s = 0.0
        self._left: tuple[str, ...] | None = None
        self._last = Picture(self._plan, Status("starting"))

    def run(self, show: Show, leave: Event) -> None:
        """Look once a second until `leave` is set."""
        while True:
            show(self.poll())
            if leave.wait(PERIOD_S):
                return

    def poll(self) -> Picture:
        """What is known now. Where nothing can be read, the last picture and the reason."""
        try:
            self._last = self._seen()
        except Exception as error:  # noqa: BLE001  whatever is wrong with the files, the screen goes on
            self._last = replace(self._last, status=self._excuse(error))
        return self._last

    def _seen(self) -> Picture:
        self._folder.experiment.stat()
        state, logs = status(self._folder), self._read()
        left = self._going_on(state)
        stage = (*_where(logs, state), left)
        if stage != self._weighed_at or ((state.live or left or self._trouble) and time.monotonic() >= self._due_s):
            self._weighed_at = stage
            self._weigh_again()
        seen = model.picture(self._plan, state, logs, self._held, time.monotonic_ns() if _here(logs) else None)
        age_s = None if self._held is None else time.monotonic() - self._weighed_s
        return replace(seen, age_s=age_s, trouble=self._trouble, left=left)

    def _going_on(self, state: Status) -> tuple[str, ...]:
        """How it stands with each run that was left; once there is none, none comes without another runner."""
        if state.live:
            self._left = None
        elif self._left != ():
            words = [status(run).word for run in runs_left(self._folder)]
            self._left = tuple(word for word in words if word in LIVE)
        return self._left or ()

    def _read(self) -> list[list[Record]]:
        """What each runner has written by now."""
        for path in self._folder.readings():
            tail, records = self._logs.setdefault(path, (Tail(path), []))
            records.extend(tail.read())
        return [records for _, records in self._logs.values()]

    def _weigh_again(self) -> None:
        """The evidence anew. Where it can't be had, what was known stands, and the reason beside it."""
        began_s = time.thread_time()
        try:
            self._held, self._trouble = model.held(self._plan, self._weigh()), ""
            self._weighed_s = time.monotonic()
        except Exception as error:  # noqa: BLE001  a session may be half written, or just being removed
            self._trouble = f"its runs can't be weighed just now ({type(error).__name__}: {error})"
        cost_s = time.thread_time() - began_s
        self._due_s = time.monotonic() + max(WEIGH_PERIOD_S, WEIGH_SHARE * cost_s)

    def _excuse(self, error: Exception) -> Status:
        if not self._folder.experiment.exists():
            return Status("gone", "its directory was removed")
        return Status("unreadable", f"it can't be read just now ({type(error).__name__}: {error})")


def _where(logs: Sequence[Sequence[Record]], state: Status) -> tuple[object, ...]:
    """What says that there is something new to weigh when it changes: the pair, the state, another runner."""
    stages = (record for log in reversed(logs) for record in reversed(log) if isinstance(record, Stage))
    newest = next(stages, None)
    return len(logs), newest and newest.pair, state.word


def _here(logs: Sequence[Sequence[Record]]) -> bool:
    """Whether the runner's clock is this machine's."""
    clocks = [record for log in logs for record in log if isinstance(record, Clock)]
    return bool(clocks) and (clocks[-1].host, clocks[-1].boot_id) == (hostname(), boot_id())
