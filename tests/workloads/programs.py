"""How the tests run a workload: in a process of its own, as a person would, on the CPU."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
QUICK = ("--device", "cpu", "--workers", "1")
COMMAND = [sys.executable, "-m", "workloads.resnet50"]


def environment(**more: str) -> dict[str, str]:
    """This process's environment without a session, so that nothing is written unless a test asks for it."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("MLPERF_TUI_")}
    return {**kept, **more}


def run(*options: str, program: list[str] | None = None, **env: str) -> subprocess.CompletedProcess[str]:
    """The finished program: exit code, stdout, stderr."""
    command = [*(program or COMMAND), *options]
    return subprocess.run(
        command, cwd=ROOT, env=environment(**env), capture_output=True, text=True, timeout=280, check=False
    )


def marks(output: str) -> list[dict[str, Any]]:
    """What the `:::MLLOG` lines of an output say."""
    return [json.loads(line.removeprefix(":::MLLOG ")) for line in output.splitlines() if line.startswith(":::MLLOG ")]


def keys(output: str) -> list[str]:
    """The marks' keys in their order."""
    return [mark["key"] for mark in marks(output)]
