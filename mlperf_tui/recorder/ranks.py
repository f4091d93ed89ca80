"""Which process is which rank, as the ranks say themselves."""

from __future__ import annotations

import itertools
from pathlib import Path

from mlperf_tui.records import About
from mlperf_tui.session.folder import Folder
from mlperf_tui.session.log import Tail

HEAD_RECORDS = 100
"""How far into its file a rank may say who it is: our own workloads say a dozen marks before."""


class Ranks:
    """Reads each rank's file from its top until it has said who it is, and then no more. For one thread."""

    def __init__(self, folder: Folder) -> None:
        self._folder = folder
        self._known: dict[Path, About] = {}

    def by_pid(self) -> dict[int, int]:
        """The rank of each process that said it is one, those of a restart included."""
        for path in self._folder.steps():
            if path not in self._known and (about := _about(path)) is not None:
                self._known[path] = about
        return {about.pid: about.rank for about in self._known.values()}


def _about(path: Path) -> About | None:
    head = itertools.islice(Tail(path).read(), HEAD_RECORDS)
    return next((record for record in head if isinstance(record, About)), None)
