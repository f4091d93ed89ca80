"""How the tests run a workload: in a process of its own, as a person would, on the CPU."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from mlperf_tui.records import Late, Record, decode

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


def told(output: str) -> dict[str, Any]:
    """What each of the marks' keys was given last."""
    return {mark["key"]: mark["value"] for mark in marks(output)}


def records(directory: Path) -> list[Record]:
    """All that rank 0 wrote to a session; each line must be a record."""
    decoded = [decode(line) for line in (directory / "steps-0-0.jsonl").read_bytes().splitlines()]
    assert None not in decoded
    return [record for record in decoded if record is not None]


def losses(directory: Path) -> list[float]:
    """Of the session's steps, in their order, as far as they have one."""
    return [record.loss for record in records(directory) if isinstance(record, Late) and record.loss is not None]


def without(module: str, *packages: str) -> list[str]:
    """The program that `module` is, where `packages` aren't installed."""
    missing = "".join(f"{package}=None, " for package in packages)
    code = f"import sys, runpy; sys.modules.update({missing}); sys.argv[0] = 'x'; "
    return [sys.executable, "-c", code + f"runpy.run_module({module!r}, run_name='__main__')"]
