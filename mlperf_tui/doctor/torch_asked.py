"""Asking a Python about its torch, in a process of its own: it may take long, or crash."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

PATIENCE_S = 60.0
PROBE = Path(__file__).with_name("torch_probe.py")

Told = dict[str, Any]
"""What the probe tells, by its own names."""


def ask(python: str, *, hide_gpus: bool = False) -> Told:
    """What the probe tells, or `error` with a reason. It runs in `/`, where no file is taken for a module."""
    path = shutil.which(python)
    if path is None:
        return {"error": f"{python}: there is no such program"}
    environment = {**os.environ, **({"CUDA_VISIBLE_DEVICES": ""} if hide_gpus else {})}
    try:
        ended = subprocess.run(
            [Path(path).absolute(), "-c", PROBE.read_text()],
            env=environment, cwd="/", stdin=subprocess.DEVNULL, capture_output=True, timeout=PATIENCE_S, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return {"error": f"{python} gave no answer within {PATIENCE_S:g} s"}
    except OSError as error:
        return {"error": f"{python} can't be started: {error.strerror}"}
    return parse(ended.stdout) or {"error": f"{python} ended with exit code {ended.returncode} and no answer"}


def parse(out: bytes) -> Told:
    """The last line of what was printed, where it is an object; a library may have printed before it."""
    try:
        told = json.loads(out.decode(errors="replace").strip().rpartition("\n")[2])
    except (ValueError, RecursionError):
        return {}
    return told if isinstance(told, dict) else {}
