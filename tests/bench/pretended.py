"""A real recorder on a pretended machine with eight H100, for as long as a measurement lasts."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from mlperf_tui.session import lock
from mlperf_tui.session.folder import Folder
from tests.nvml.build import build, environment

TRAIN = Path(__file__).parent / "eight_ranks.py"
TOOL = (sys.executable, "-P", "-m", "mlperf_tui")


@dataclass(frozen=True)
class Pretended:
    """A running session; `environment` is what makes a program find the pretended library."""

    folder: Folder
    recorder: int
    environment: dict[str, str]


@contextmanager
def pretended() -> Iterator[Pretended]:
    """Started, with some seconds of readings; stopped and removed at the end."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as directory:
        root = Path(directory)
        build(root)
        names = environment(root, "eight-h100")
        setting = {
            **os.environ, **names, "MLPERF_TUI_SESSIONS": str(root / "sessions"), "TERM": "xterm-256color",
            "LC_ALL": "C.UTF-8", "PYTHONPATH": str(Path(__file__).parents[2]),
        }  # fmt: skip
        words = ["run", "--detach", "--", sys.executable, str(TRAIN)]
        started = subprocess.run([*TOOL, *words], env=setting, capture_output=True, text=True, check=True)
        folder = Folder(root / "sessions" / started.stdout.strip())
        try:
            time.sleep(5)
            held = lock.read(folder.lock)
            if held is None or held.recorder is None:
                raise SystemExit("the recorder did not start")
            yield Pretended(folder, held.recorder.pid, setting)
        finally:
            subprocess.run([*TOOL, "stop", folder.id], env=setting, capture_output=True, check=False)


def cpu_s(pid: int) -> float:
    """Seconds of CPU that a process has used, user and system; those of its ended children too, such as py-spy."""
    times = psutil.Process(pid).cpu_times()
    return times.user + times.system + times.children_user + times.children_system


def memory_mib(pid: int) -> float:
    """Resident memory of a process, MiB."""
    return psutil.Process(pid).memory_info().rss / (1 << 20)
