"""End the runs of an experiment: those of a pair, and those that go on although their runner is gone."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from mlperf_tui.errors import MlperfTuiError
from mlperf_tui.launch import session
from mlperf_tui.launch.detached import wait
from mlperf_tui.session import lock
from mlperf_tui.session.alive import myself
from mlperf_tui.session.experiments import ExperimentFolder
from mlperf_tui.session.folder import Folder
from mlperf_tui.session.status import status

STOP_PATIENCE_S = 30.0
"""So long a run has to end, beside the grace that it was planned with."""

ASK_AGAIN_S = 0.2
TO_BE_TOLD = frozenset({"starting", "running", "running-unrecorded"})


def runs_left(folder: ExperimentFolder) -> list[Folder]:
    """The runs that go on although their runner is gone: one that is killed ends none of them.

    While there is a runner the runs are its own, but to the runner itself, which asks before it starts any.
    """
    if status(folder).live and not _is_run_by_me(folder):
        return []
    return [run for run in folder.sessions() if status(run).live]


def end_left(folder: ExperimentFolder, tell: Callable[[list[Folder]], object] = lambda _: None) -> list[Folder]:
    """End the runs that were left, once `tell` has told of them; which these were.

    Raises MlperfTuiError where one of them goes on all the same.
    """
    left = runs_left(folder)
    if left:
        tell(left)
    if deaf := end_runs(left):
        raise MlperfTuiError(
            f"{deaf[0].id}, whose runner is gone, has not ended yet: look at it with `mlperf-tui watch {deaf[0].id}`"
        )
    return left


def told_to_end(run: Folder) -> bool:
    """Whether it has been told, now or before, or has ended; one that is only starting may not hear yet."""
    if status(run).word not in TO_BE_TOLD:
        return True
    try:
        session.stop(run)
    except MlperfTuiError:
        return False
    return True


def end_runs(runs: Sequence[Folder]) -> list[Folder]:
    """Tell all of them to end, again where one doesn't hear, and wait for it; those that go on all the same."""
    patience_s = STOP_PATIENCE_S + max((run.plan().grace_s for run in runs), default=0.0)
    until, deaf = time.monotonic() + patience_s, list(runs)
    while (deaf := [run for run in deaf if not told_to_end(run)]) and time.monotonic() < until:
        time.sleep(ASK_AGAIN_S)
    return [run for run in runs if not wait(run, max(0.0, until - time.monotonic()))]


def _is_run_by_me(folder: ExperimentFolder) -> bool:
    held = lock.read(folder.lock)
    return held is not None and held.recorder == myself()
