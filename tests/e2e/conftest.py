"""The installed product, with a root of its own for each test."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from mlperf_tui.session import lock
from mlperf_tui.session.folder import sessions
from tests.e2e.tool import Tool


@pytest.fixture
def tool(installed: Path, tmp_path: Path) -> Iterator[Tool]:
    """Whatever a test leaves running is killed."""
    made = Tool(installed, tmp_path / "sessions")
    yield made
    for folder in sessions(made.root):
        held = lock.read(folder.lock)
        for process in (held.recorder, held.workload) if held else ():
            if process is not None and process.alive:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(process.pid, signal.SIGKILL)
