"""From a stored session to what it contributes as evidence; read again only where something was written."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mlperf_tui.analysis.ab.evidence import Process
from mlperf_tui.records import Clock
from mlperf_tui.report.ab.alone import seen_alone
from mlperf_tui.report.ab.head import head
from mlperf_tui.report.ab.seen import Seen
from mlperf_tui.report.ab.turns import TurnSession
from mlperf_tui.session.folder import Folder
from mlperf_tui.session.status import Status, status


def process_of(
    folder: Folder, *, origin: Clock | None = None, beside: Sequence[Folder] = (), stopped_counts: bool = False
) -> Process:
    """What one session contributes, in whatever state it is. Raises MlperfTuiError when its plan can't be read.

    `origin` is the experiment's start, from which windows are timed. In turns, the readings of the sessions `beside`
    it count too. With `stopped_counts` one that ran alone counts even where a person has stopped it.
    """
    return Reader(stopped_counts=stopped_counts).seen(folder, origin, beside).process


class Reader:
    """Reads sessions again and again while an experiment runs: of one that has not changed nothing is read."""

    def __init__(self, *, stopped_counts: bool = False) -> None:
        self._stopped_counts = stopped_counts
        self._turns: dict[str, TurnSession] = {}
        self._known: dict[str, tuple[Any, Seen]] = {}

    def seen(self, folder: Folder, origin: Clock | None, beside: Sequence[Folder] = ()) -> Seen:
        """All that is to be told of one session now. Raises MlperfTuiError when its plan can't be read."""
        state = status(folder)
        signature = (state.word, *(_written(one) for one in (folder, *beside)))
        known = self._known.get(folder.id)
        if known is None or known[0] != signature:
            self._known[folder.id] = known = (signature, self._read(folder, state, origin, beside))
        return known[1]

    def _read(self, folder: Folder, state: Status, origin: Clock | None, beside: Sequence[Folder]) -> Seen:
        plan = folder.plan()
        found = head(folder, plan, state)
        if not plan.turns:
            return seen_alone(folder, plan, state, found, origin, stopped_counts=self._stopped_counts)
        others = [self._turn(one).readings for one in beside if one.id != folder.id and one.plan().turns]
        return self._turn(folder).seen(plan, state, found, origin, others)

    def _turn(self, folder: Folder) -> TurnSession:
        session = self._turns.setdefault(folder.id, TurnSession(folder))
        session.read()
        return session


def _written(folder: Folder) -> tuple[tuple[str, int, int], ...]:
    """What its records' files are by now: names, sizes and times."""
    paths = [path for path in (folder.session, *folder.steps(), *folder.readings(), folder.printed) if path.exists()]
    return tuple((path.name, found.st_size, found.st_mtime_ns) for path in paths for found in [path.stat()])
