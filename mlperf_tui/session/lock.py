"""The session's lock: held by its recorder for as long as it lives, and naming the processes of the run."""

from __future__ import annotations

import fcntl
import json
import os
import time
from dataclasses import asdict
from pathlib import Path

from mlperf_tui.frozen import frozen
from mlperf_tui.session.alive import Process

WIDTH = 512
"""The content is padded to one length, so that a reader never sees the tail of an older one."""


@frozen
class Holders:
    """Who runs a session, on which host and boot. `adopted` says that the recorder did not start the workload."""

    host: str
    boot_id: str
    recorder: Process | None = None
    workload: Process | None = None
    stopping: bool = False
    adopted: bool = False


class Lock:
    """The flock itself, kept on an open descriptor; it ends with the last process that has that descriptor."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor

    @classmethod
    def take(cls, path: Path, patience_s: float = 2.0) -> Lock | None:
        """The lock, or None when somebody keeps it. Patience is for readers, who hold it for an instant to ask."""
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        until = time.monotonic() + patience_s
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return cls(descriptor)
            except OSError:
                if time.monotonic() >= until:
                    os.close(descriptor)
                    return None
            time.sleep(0.05)

    def write(self, holders: Holders) -> None:
        """Replace the content in one write."""
        text = json.dumps(asdict(holders)).ljust(WIDTH - 1) + "\n"
        os.pwrite(self.descriptor, text.encode(), 0)

    def close(self) -> None:
        os.close(self.descriptor)


def is_held(path: Path) -> bool:
    """Whether a recorder holds the lock. To be asked on the session's own host only."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return True
    finally:
        os.close(descriptor)
    return False


def read(path: Path) -> Holders | None:
    """Who is named in a lock, None where nobody is yet."""
    try:
        body = json.loads(path.read_text())
        return Holders(**{**body, "recorder": _process(body["recorder"]), "workload": _process(body["workload"])})
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _process(body: dict[str, int] | None) -> Process | None:
    return None if body is None else Process(body["pid"], body["start"])
