"""The summary of a session, made from its files, and kept beside them."""

from __future__ import annotations

import contextlib

from mlperf_tui.analysis.summarise import summarise
from mlperf_tui.analysis.summary import Summary
from mlperf_tui.report.as_json import to_json
from mlperf_tui.session.folder import Folder, write_whole
from mlperf_tui.session.output import last_lines
from mlperf_tui.session.rollup import Roller, is_rolled, whole
from mlperf_tui.session.status import ENDED, status

FAILURE_LINES = 20
MLLOG = ":::MLLOG"
"""Lines for programs: they are in the marks, and would drown what a person looks for."""


def build(folder: Folder) -> Summary:
    """The summary as of now, for a session in any state."""
    state = status(folder)
    plan = folder.plan()
    if state.word in ENDED and not is_rolled(folder):
        with contextlib.suppress(OSError):
            _remake_rollup(folder, plan.host)
    said = [line for line in last_lines(folder.output, 10 * FAILURE_LINES) if MLLOG not in line]
    return summarise(plan, state, whole(folder), tuple(said[-FAILURE_LINES:]))


def store(folder: Folder) -> None:
    """Write summary.json, whole. Raises OSError where it can't be written."""
    write_whole(folder.summary, to_json(build(folder)) + "\n")


def _remake_rollup(folder: Folder, host: str) -> None:
    roller = Roller(folder, host)
    roller.roll(last=True)
    roller.close()
