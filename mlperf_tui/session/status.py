"""What state a session is in, derived each time from its files, its lock and its processes, and stored nowhere."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Protocol

from mlperf_tui.frozen import frozen
from mlperf_tui.records import End, decode
from mlperf_tui.session import lock
from mlperf_tui.steps.facts import boot_id, hostname

END_WITHIN_BYTES = 1 << 16
ENDED = ("finished", "failed", "stopped", "interrupted")
UNRECORDED = "its recorder is gone; `mlperf-tui watch` starts another"
REVIVING = "its recorder is gone: another is being started"
"""The same, said by whoever is starting it."""

LIVE = ("starting", "running", "running-unrecorded", "stopping")

ENDED_BY = {"signal": "asked to stop", "minutes": "--minutes over", "steps": "--steps done", "epochs": "epochs done"}
"""What ended a run of ours that did not reach a target, by its run_stop's `ended_by`."""


class Recorded(Protocol):
    """A directory whose state can be told: a session's, or an experiment's."""

    id: str
    path: Path
    lock: Path

    def readings(self) -> list[Path]:
        """The files that end with an End."""
        ...

    def last_written(self) -> float:
        """Seconds since the epoch."""
        ...

    @property
    def gone(self) -> str:
        """What is gone, once nobody holds it any more and no End was written."""
        ...


@frozen
class Status:
    """One of the words of `LIVE` and `ENDED`, or `elsewhere` with a sentence in `detail`."""

    word: str
    detail: str = ""
    end: End | None = None

    @property
    def ended(self) -> bool:
        return self.word in ENDED

    @property
    def live(self) -> bool:
        return self.word in LIVE


def status(folder: Recorded) -> Status:
    """The state of a session or an experiment now."""
    end = last_end(folder)
    holders = lock.read(folder.lock)
    if holders is None:
        return _ended(end) if end else _without_holders(folder)
    if holders.host != hostname():
        return _ended(end) if end else _elsewhere(folder, holders.host)
    if holders.boot_id != boot_id():
        return _ended(end) if end else Status("interrupted", "the machine was restarted")
    return _here(folder, holders, end)


def last_end(folder: Recorded) -> End | None:
    """The End line of the newest recorder; one that an older recorder wrote is history."""
    readings = folder.readings()
    if not readings:
        return None
    newest = max(readings, key=lambda path: (path.stat().st_mtime_ns, path.name))
    with newest.open("rb") as file:
        file.seek(max(0, newest.stat().st_size - END_WITHIN_BYTES))
        lines = file.read().splitlines()
    return next((end for line in reversed(lines) if (end := _end(line)) is not None), None)


def _end(line: bytes) -> End | None:
    """The line's End; other lines are not even decoded, since a viewer asks every second."""
    if not line.startswith(b'{"end":'):
        return None
    try:
        end = decode(line)
    except ValueError:
        return None
    return end if isinstance(end, End) else None


def _ended(end: End) -> Status:
    return Status(end.status, end.why, end)


def _without_holders(folder: Recorded) -> Status:
    if lock.is_held(folder.lock):
        return Status("starting")
    return Status("interrupted", "the recorder never started")


def _elsewhere(folder: Recorded, host: str) -> Status:
    seconds = max(0, round(time.time() - folder.last_written()))
    return Status("elsewhere", f"last written {seconds} s ago by {host}")


def _here(folder: Recorded, holders: lock.Holders, end: End | None) -> Status:
    if lock.is_held(folder.lock):
        if end is not None:
            return _ended(end)
        if holders.workload is None:
            return Status("starting")
        return Status("stopping" if holders.stopping else "running")
    if holders.workload is not None and holders.workload.alive:
        return Status("running-unrecorded", UNRECORDED)
    if end is not None:
        return _ended(end)
    return Status("interrupted", folder.gone)
