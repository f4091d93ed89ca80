"""What the sessions screen shows: the sessions, and what its user has chosen. Pure: no widget, no file, no clock."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

from mlperf_tui.frozen import frozen
from mlperf_tui.report.listed import Listed, runs_of
from mlperf_tui.session.status import LIVE

STOPPING, REMOVING = "stopping", "removing"
SORTS: dict[str, Callable[[Listed], Any]] = {
    "age": lambda row: (-(row.started_s or 0), row.id),
    "throughput": lambda row: (-(row.rate or 0), row.id),
    "size": lambda row: (-(row.size_bytes or 0), row.id),
    "name": lambda row: (row.name is None, (row.name or row.workload).casefold(), row.id),
}
"""Newest, fastest and biggest first; names by the alphabet, those without one last."""


@frozen
class View:
    """What the user has chosen; it outlives the screen. `at` is where the cursor stood, should its session be gone.

    `marked` is in the order of marking: of two that are compared, the first is the left one. `unfolded` says that the
    runs of experiments are shown, each under its own.
    """

    cursor: str | None = None
    at: int = 0
    marked: tuple[str, ...] = ()
    sort: str = "age"
    wanted: str = ""
    unfolded: bool = False

    def pointing(self, rows: tuple[Listed, ...], index: int) -> View:
        """With the cursor on a row, or as near as there is one."""
        if not rows:
            return self
        at = max(0, min(index, len(rows) - 1))
        return dataclasses.replace(self, cursor=rows[at].id, at=at)

    def toggled(self, session: str) -> View:
        """With this session marked, or not any more."""
        kept = tuple(one for one in self.marked if one != session)
        return dataclasses.replace(self, marked=kept if session in self.marked else (*kept, session))

    def folded(self, current: Listed | None) -> View:
        """Without the runs of experiments: from one of them the cursor goes to its experiment."""
        over = current.experiment if current is not None else None
        return dataclasses.replace(self, unfolded=False, cursor=over or self.cursor)

    def in_next_order(self) -> View:
        """In the next order."""
        names = list(SORTS)
        return dataclasses.replace(self, sort=names[(names.index(self.sort) + 1) % len(names)])


@frozen
class Picture:
    """One state of the screen. `rows` are those to show, in order; `total` counts all there are, also those not read.

    So many are `known` by now, among them `experiments` and `folded` runs, which aren't shown; `live` counts an
    experiment with its runs as one. `now_s` is in seconds since the epoch; `place` says where the sessions lie, `said`
    what is to be told once.
    """

    view: View = View()
    rows: tuple[Listed, ...] = ()
    known: int = 0
    experiments: int = 0
    folded: int = 0
    total: int | None = None
    live: int = 0
    now_s: float = 0.0
    place: str = ""
    empty: str = ""
    said: str = ""

    @property
    def index(self) -> int:
        """The row that the cursor is on."""
        found = next((at for at, row in enumerate(self.rows) if row.id == self.view.cursor), self.view.at)
        return max(0, min(found, len(self.rows) - 1))

    @property
    def current(self) -> Listed | None:
        return self.rows[self.index] if self.rows else None


def stoppable(row: Listed | None, rows: tuple[Listed, ...]) -> bool:
    """What has ended can't be stopped, nor what is stopping already; of an experiment without a runner its runs can."""
    if row is None:
        return False
    going = (row,) if row.status in LIVE else (run for run in rows if run.experiment == row.id and run.status in LIVE)
    return any(one.status != STOPPING for one in going)


def shown(rows: tuple[Listed, ...], view: View) -> tuple[Listed, ...]:
    """The rows that are wanted, in order: all words must stand in name, workload, status, precision or id.

    Unfolded, the runs of an experiment stand under it, and it is there for any that is wanted.
    """
    under = runs_of(rows) if view.unfolded else {}
    words = view.wanted.casefold().split()
    wanted = {row.id for row in rows if all(word in _said(row) for word in words)}
    tops = (row for row in alone(rows) if not wanted.isdisjoint({row.id, *(run.id for run in under.get(row.id, ()))}))
    ordered = sorted(tops, key=SORTS[view.sort])
    return tuple(one for top in ordered for one in (top, *(run for run in under.get(top.id, ()) if run.id in wanted)))


def alone(rows: tuple[Listed, ...]) -> tuple[Listed, ...]:
    """The rows that stand under no other: the runs of experiments are left out."""
    experiments = {row.id for row in rows if row.runs is not None}
    return tuple(row for row in rows if row.experiment not in experiments)


def underway(rows: tuple[Listed, ...], busy: Mapping[str, str], gone: set[str]) -> tuple[Listed, ...]:
    """The rows as they will soon be told: with a word for what is being done to them, and without those deleted."""
    left = tuple(row for row in rows if row.id not in gone)
    return tuple(dataclasses.replace(row, status=busy[row.id]) if _still(row, left, busy) else row for row in left)


def _still(row: Listed, rows: tuple[Listed, ...], busy: Mapping[str, str]) -> bool:
    """What is asked to stop is stopping until it has ended."""
    return row.id in busy and (busy[row.id] != STOPPING or stoppable(row, rows))


def _said(row: Listed) -> str:
    return (
        f"{row.id} {row.name or ''} {row.workload} {row.status} {row.precision or ''} {row.experiment or ''}".casefold()
    )
