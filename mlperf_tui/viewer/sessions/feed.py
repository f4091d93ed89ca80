"""Reads what there is on a thread of its own: what lives each second, what has ended once, until its files change."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable
from pathlib import Path
from threading import Event

from mlperf_tui.errors import MlperfTuiError
from mlperf_tui.frozen import frozen
from mlperf_tui.report.listed import UNREADABLE, Listed
from mlperf_tui.report.listed_experiment import listed_experiment
from mlperf_tui.report.listing import completed, current, listed
from mlperf_tui.report.pace import pace
from mlperf_tui.session.experiments import Either, ExperimentFolder, experiments
from mlperf_tui.session.folder import sessions
from mlperf_tui.session.status import ENDED, LIVE

PERIOD_S = 1.0
BREATH_S = 0.05
"""The pause as long as there is more to read: the screen has the processor meanwhile."""

BUDGET_S = 0.1
"""How long one look may take: what isn't read by then is read in the next one, newest sessions first."""

PACE_PERIOD_S = 10.0
SETTLED_NS = 3_000_000_000
"""A directory that was last changed longer ago than this holds what it held: a file system may count in seconds."""


@frozen
class Looked:
    """What has been read so far: experiments, then sessions, newest first; `total` counts all that there are.

    It is None as long as nobody has looked.
    """

    rows: tuple[Listed, ...]
    total: int | None
    now_s: float


@frozen
class _Known:
    row: Listed
    changed_ns: int
    read_s: float
    paced_s: float | None = None


Show = Callable[[Looked], object]


class SessionsFeed:
    """All sessions and experiments below a root. Making one reads nothing."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._known: dict[str, _Known] = {}
        self._found: tuple[int, list[Either]] = (-1, [])
        self._until_s = 0.0
        self.behind = False

    def run(self, show: Show, leave: Event) -> None:
        """Look once a second until `leave` is set, and without a rest as long as there is more to read."""
        while True:
            show(self.look())
            if leave.wait(BREATH_S if self.behind else PERIOD_S):
                return

    def look(self) -> Looked:
        """The sessions as of now; `behind` says whether there was no time for some of it."""
        self._until_s = time.monotonic() + BUDGET_S
        self.behind = False
        folders = self._folders()
        for task in (self._read, self._complete):
            _ = self.behind or all(self._in_time(folder, task) for folder in folders)
        ids = {folder.id for folder in folders}
        self._known = {session: known for session, known in self._known.items() if session in ids}
        rows = tuple(self._known[folder.id].row for folder in folders if folder.id in self._known)
        return Looked(rows, len(folders), time.time())

    def _in_time(self, folder: Either, task: Callable[[Either], bool]) -> bool:
        """Whether there is time left after this task; a session that goes away meanwhile is none any more."""
        try:
            did = task(folder)
        except OSError:
            self._known.pop(folder.id, None)
            return True
        if did and time.monotonic() > self._until_s:
            self.behind = True
        return not self.behind

    def _folders(self) -> list[Either]:
        """Newest first; experiments before all sessions, so that no run is shown outside the one that it is of.

        The root's directory is read again only when it has changed.
        """
        try:
            changed_ns = self._root.stat().st_mtime_ns
            if changed_ns != self._found[0] or time.time_ns() - changed_ns < SETTLED_NS:
                self._found = (changed_ns, [*experiments(self._root)[::-1], *sessions(self._root)[::-1]])
        except FileNotFoundError:
            self._found = (-1, [])
        except (OSError, MlperfTuiError):
            return self._found[1]
        return self._found[1]

    def _read(self, folder: Either) -> bool:
        """Read what is new of a session. Whether there was anything to do."""
        known = self._known.get(folder.id)
        changed_ns = folder.path.stat().st_mtime_ns
        if known and not self._is_due(known, changed_ns):
            return False
        row = _row(folder)
        paced_s = None
        if known and row.status in LIVE:
            row = dataclasses.replace(row, pace=known.row.pace)
            paced_s = known.paced_s
        self._known[folder.id] = _Known(row, changed_ns, time.monotonic(), paced_s)
        return True

    def _is_due(self, known: _Known, changed_ns: int) -> bool:
        """An ended session is read again when a file has come or gone; any other one each second."""
        if known.row.status in (*ENDED, UNREADABLE):
            return changed_ns != known.changed_ns
        return time.monotonic() - known.read_s >= PERIOD_S / 2

    def _complete(self, folder: Either) -> bool:
        """Read what takes longer: the rate over the run, and all that a session without a summary doesn't tell."""
        known = self._known.get(folder.id)
        if known is None or isinstance(folder, ExperimentFolder):
            return False
        live = known.row.status in LIVE
        if known.paced_s is not None and not (live and time.monotonic() - known.paced_s >= PACE_PERIOD_S):
            return False
        row = known.row if live else completed(folder, known.row)
        if row.status != UNREADABLE:
            row = dataclasses.replace(row, pace=pace(folder, time.monotonic_ns() if live else None))
        self._known[folder.id] = dataclasses.replace(known, row=row, paced_s=time.monotonic())
        return True


def _row(folder: Either) -> Listed:
    """What can be told at once."""
    if isinstance(folder, ExperimentFolder):
        return listed_experiment(folder, time.time())
    row = listed(folder, time.time())
    return current(folder, row, time.monotonic_ns()) if row.status in LIVE else row
