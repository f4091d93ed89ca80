"""The import law of pyproject.toml holds, and each door opens only the rooms it needs."""

from __future__ import annotations

import subprocess
import sys

import pytest


def test_contracts_hold() -> None:
    """import-linter finds every contract kept."""
    found = subprocess.run([sys.executable, "-m", "importlinter.cli"], capture_output=True, text=True, check=False)
    if "No module named" in found.stderr:
        found = subprocess.run(["lint-imports"], capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stdout + found.stderr


@pytest.mark.parametrize(
    ("module", "forbidden"),
    [
        ("mlperf_tui.cli", ("textual", "rich", "pynvml", "psutil", "torch", "platformdirs")),
        ("mlperf_tui.recorder.__main__", ("textual", "rich", "torch", "numpy", "click")),
        ("mlperf_tui.steps", ("torch", "click", "psutil", "textual", "mlperf_tui.records")),
        ("mlperf_tui.viewer", ("pynvml", "psutil", "torch", "numpy")),
    ],
)
def test_a_fresh_process_loads_no_more(module: str, forbidden: tuple[str, ...]) -> None:
    """What a room imports, seen in a fresh process's sys.modules."""
    code = f"import sys, {module}; print(*sorted(set({forbidden!r}) & set(sys.modules)))"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.split() == []
