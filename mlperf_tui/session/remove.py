"""Delete sessions for good, and only those that surely run no more."""

from __future__ import annotations

import time
from pathlib import Path

from mlperf_tui.errors import MlperfTuiError
from mlperf_tui.session.folder import Folder, sessions
from mlperf_tui.session.status import status

QUIET_S = 600
"""A session of another host that has been silent for so long runs no more: its recorder writes every second."""


def refusal(folder: Folder) -> str | None:
    """Why a session must not be deleted, None when it may be."""
    state = status(folder)
    if state.live:
        return f"{folder.id} is {state.word}: `mlperf-tui stop {folder.id}` first"
    if state.word == "elsewhere" and time.time() - folder.last_written() < QUIET_S:
        return f"{folder.id} was {state.detail}: it may run there still"
    return None


def remove(folder: Folder) -> int:
    """Delete a session that has ended: the bytes that it took. Raises MlperfTuiError when it must not or can't be."""
    if reason := refusal(folder):
        raise MlperfTuiError(reason)
    try:
        size_bytes = folder.size()
        folder.remove()
    except OSError as error:
        raise MlperfTuiError(f"{folder.id} can't be deleted: {error.strerror}") from None
    return size_bytes


def older(root: Path, before_s: float) -> list[Folder]:
    """The sessions that have ended and were last written before `before_s`, in seconds since the epoch."""
    return [folder for folder in sessions(root) if folder.last_written() < before_s and status(folder).ended]
