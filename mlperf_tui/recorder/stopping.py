"""How a run is ended: politely, then firmly, and with nothing left behind."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable

from mlperf_tui.recorder.workload import Workload, send
from mlperf_tui.sampling.stat import Stat
from mlperf_tui.sampling.tree import Tree

RANKS_AFTER_S = 10.0
KILL_EVERY_S = 1.0


class Stopping:
    """TERM to the first process; after 10 s to the ranks; after the grace KILL to every process of the run.

    A loader's worker never gets a TERM: training would die before it can say that it stopped. Where the first process
    has gone and left others, those that came to this process get the TERM instead.
    """

    def __init__(self, workload: Workload, tree: Tree, ranks: Callable[[], set[int]], grace_s: float) -> None:
        self._workload = workload
        self._tree = tree
        self._ranks = ranks
        self._grace_s = grace_s
        self._began: float | None = None
        self._told: set[int] = set()
        self._killed_at: float | None = None

    @property
    def killed(self) -> bool:
        """Whether it came to a KILL."""
        return self._killed_at is not None

    def begin(self, now: float) -> None:
        """Start to end the run; `now` is in seconds, as for `go_on`."""
        if self._began is None:
            self._began = now
            if self._workload.running:
                self._term(self._workload.process.pid)

    def go_on(self, now: float) -> None:
        """Take the next measure when its time has come."""
        if self._began is None:
            return
        waited = now - self._began
        if waited >= self._grace_s:
            self._kill_all(now)
        elif not self._workload.running:
            self._term_orphans(self._tree.members())
        elif waited >= RANKS_AFTER_S:
            for pid in self._ranks() & self._tree.members().keys():
                self._term(pid)

    def _term_orphans(self, members: dict[int, Stat]) -> None:
        for pid, stat in members.items():
            if stat.parent in {1, os.getpid()}:
                self._term(pid)

    def _term(self, pid: int) -> None:
        if pid not in self._told:
            self._told.add(pid)
            send(pid, signal.SIGTERM)

    def _kill_all(self, now: float) -> None:
        if self._killed_at is None or now - self._killed_at >= KILL_EVERY_S:
            self._killed_at = now
            for pid in self._tree.members():
                send(pid, signal.SIGKILL)
