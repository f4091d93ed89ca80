"""Delete sessions and experiments for good, and only those that surely run no more."""

from __future__ import annotations

import time
from pathlib import Path

from mlperf_tui.errors import MlperfTuiError
from mlperf_tui.session.experiments import Either, ExperimentFolder, alone, experiment_of
from mlperf_tui.session.status import Recorded, status

QUIET_S = 600
"""A session of another host that has been silent for so long runs no more: its recorder writes every second."""


def refusal(folder: Either) -> str | None:
    """Why a session, or an experiment with its sessions, must not be deleted; None when it may be.

    A run of an experiment goes with it or not at all: it is a part of that one's evidence.
    """
    if not isinstance(folder, ExperimentFolder) and (whole := experiment_of(folder)) is not None:
        return f"{folder.id} is part of {whole.id}: `mlperf-tui rm {whole.id}` deletes both"
    return next((reason for part in reversed(_parts(folder)) if (reason := _may_run(part))), None)


def remove(folder: Either) -> int:
    """Delete what has ended: the bytes that it took. Raises MlperfTuiError when it must not or can't be."""
    if reason := refusal(folder):
        raise MlperfTuiError(reason)
    try:
        size_bytes = size(folder)
        for part in _parts(folder):
            part.remove()
    except OSError as error:
        raise MlperfTuiError(f"{folder.id} can't be deleted: {error.strerror}") from None
    return size_bytes


def size(folder: Either) -> int:
    """Bytes on disk; an experiment's with those of its sessions."""
    return sum(part.size() for part in _parts(folder))


def older(root: Path, before_s: float) -> list[Either]:
    """What has ended and was last written before `before_s`, in seconds since the epoch.

    An experiment is one thing: it is old when all of its sessions are, and none of them is so without it.
    """
    return [folder for folder in alone(root) if _is_over(folder, before_s)]


def _is_over(folder: Either, before_s: float) -> bool:
    parts = _parts(folder)
    return all(part.last_written() < before_s for part in parts) and all(status(part).ended for part in parts)


def _parts(folder: Either) -> list[Either]:
    """An experiment's sessions and then itself: deleted in this order, one that was broken off can be gone on with."""
    return [*folder.sessions(), folder] if isinstance(folder, ExperimentFolder) else [folder]


def _may_run(folder: Recorded) -> str | None:
    state = status(folder)
    if state.live:
        return f"{folder.id} is {state.word}: `mlperf-tui stop {folder.id}` first"
    if state.word == "elsewhere" and time.time() - folder.last_written() < QUIET_S:
        return f"{folder.id} was {state.detail}: it may run there still"
    return None
