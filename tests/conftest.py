"""What all tests share: a place for sessions, and the product as it is installed from its own wheel."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from tests.nvml.fixtures import nvml_dir  # noqa: F401  a fixture for all

ROOT = Path(__file__).parent.parent

# What passed once passes again: properties are searched at random by `make search` alone.
settings.register_profile("repeatable", derandomize=True)
settings.register_profile("search", max_examples=2000, deadline=None)
settings.load_profile("repeatable")


def pytest_configure() -> None:
    """Whoever starts the tests in the background or by nohup has these ignored, and so would all that they start."""
    for number in (signal.SIGINT, signal.SIGHUP):
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, signal.SIG_DFL)


@pytest.fixture(autouse=True)
def own_environment(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No test sees a person's sessions, nor leaves any behind."""
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("MLPERF_TUI_SESSIONS", str(home / "sessions"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(home / "cache"))
    for name in ("MLPERF_TUI_SESSION", "MLPERF_TUI_STEPS", "PYTHONPATH", "PYTHONSAFEPATH"):
        monkeypatch.delenv(name, raising=False)
    yield


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`mlperf-tui` from the built wheel, in an environment that has this one's libraries and not this tree."""
    home = tmp_path_factory.mktemp("installed")
    _run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(home), str(ROOT))
    venv = home / "venv"
    _run(sys.executable, "-m", "venv", "--without-pip", str(venv))
    python = venv / "bin" / "python"
    [wheel] = home.glob("*.whl")
    _run(sys.executable, "-m", "pip", "--python", str(python), "install", "--no-deps", "--no-index", str(wheel))
    site = next((venv / "lib").glob("python*/site-packages"))
    # A plain directory on the path: its own .pth files, the editable install among them, are not read.
    (site / "libraries.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return venv / "bin" / "mlperf-tui"


def _run(*words: str) -> None:
    ended = subprocess.run(words, capture_output=True, text=True, check=False, env={**os.environ, "PIP_QUIET": "1"})
    assert ended.returncode == 0, ended.stdout + ended.stderr
