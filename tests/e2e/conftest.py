"""The installed product, with a root of its own for each test."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mlperf_tui.session import lock
from mlperf_tui.session.folder import sessions
from tests.e2e.terminal import Opener, Terminal
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


@pytest.fixture
def terminal(tool: Tool) -> Iterator[Opener]:
    """Opens terminals, and closes them all at the end."""
    opened: list[Terminal] = []

    def open_one(*words: str, **more: Any) -> Terminal:
        opened.append(Terminal(tool, *words, **more))
        return opened[-1]

    yield open_one
    for one in opened:
        one.close()
