"""The installed product as a person drives it: commands, and what a session then holds."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mlperf_tui.session import lock
from mlperf_tui.session.folder import Folder, sessions
from mlperf_tui.session.lock import Holders
from mlperf_tui.session.status import status

PATIENCE_S = 120
PROGRAMS = Path(__file__).parent / "programs"


@dataclass(frozen=True)
class Said:
    """How a command ended and what it said."""

    code: int
    out: str
    err: str


@dataclass(frozen=True)
class Tool:
    """One installed product and one root for its sessions."""

    executable: Path
    root: Path

    def __call__(self, *words: str, cwd: Path | None = None, environment: dict[str, str] | None = None) -> Said:
        """Run a command to its end, without a terminal."""
        ended = subprocess.run(
            [str(self.executable), *words],
            capture_output=True,
            text=True,
            check=False,
            stdin=subprocess.DEVNULL,
            timeout=PATIENCE_S,
            cwd=cwd,
            env={**os.environ, "MLPERF_TUI_SESSIONS": str(self.root), **(environment or {})},
        )
        return Said(ended.returncode, ended.stdout, ended.stderr)

    def start(self, *words: str, **environment: str) -> Folder:
        """`run --detach` a program of ours; its session."""
        said = self("run", "--detach", *words, environment=environment)
        assert said.code == 0, said.err
        return Folder(self.root / said.out.strip())

    def train(self, steps: int, *options: str) -> Folder:
        """A small training loop, detached, that has taken its first steps."""
        folder = self.start(*options, "--", sys.executable, str(PROGRAMS / "train.py"), str(steps))
        until(lambda: any('{"step":' in path.read_text() for path in folder.steps()), "first steps")
        return folder

    def only(self) -> Folder:
        """The one session that there is, once there is one."""
        until(lambda: sessions(self.root), "a session")
        [folder] = sessions(self.root)
        return folder

    def summary(self, folder: Folder) -> dict[str, Any]:
        said = self("summary", folder.id, "--format", "json")
        assert said.code == 0, said.err
        body: dict[str, Any] = json.loads(said.out)
        return body

    def listed(self, folder: Folder) -> str:
        """The status that `list` shows."""
        [line] = [line for line in self("list").out.splitlines() if line.startswith(folder.id)]
        return line.split()[2]


def until(true: Callable[[], object], what: str) -> None:
    """Wait for something to become true; fail, naming it, when it doesn't."""
    end = time.monotonic() + PATIENCE_S
    while not true():
        assert time.monotonic() < end, f"waited in vain for {what}"
        time.sleep(0.05)


def holders(folder: Folder) -> Holders:
    """The processes of a running session, once both are known."""

    def known() -> bool:
        found = lock.read(folder.lock)
        return bool(found and found.workload and found.recorder and found.recorder.alive)

    until(known, "the recorder and the workload")
    found = lock.read(folder.lock)
    assert found is not None
    return found


def kill(pid: int) -> None:
    """SIGKILL, and wait until it has had its effect."""
    os.kill(pid, signal.SIGKILL)


def ended(folder: Folder) -> str:
    """The word for how a session ended, once it has."""
    until(lambda: status(folder).ended and folder.summary.exists(), "the end")
    return status(folder).word
