"""The page on the step protocol: what it says to do in a Python that hasn't got it."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import mlperf_tui

PAGE = (Path(mlperf_tui.__file__).parent / "steps" / "README.md").read_text()
LOADER = "loader = [(1, 2)] * 3\ndef train_step(images, labels):\n    print('trained')\n"


def _without(code: str, where: Path) -> subprocess.CompletedProcess[str]:
    """Run it in a Python that has the standard library alone."""
    words = [sys.executable, "-I", "-S", "-c", code]
    return subprocess.run(words, cwd=where, capture_output=True, text=True, timeout=60, check=False)


def test_the_fallback_trains_without_it(tmp_path: Path) -> None:
    """The loop as it stands on the page fails there with the error that is named, and with the fallback it trains."""
    [loop], [fallback] = (re.findall(rf"```{kind}\n(.*?)```", PAGE, re.DOTALL) for kind in ("python", "py"))
    assert "ModuleNotFoundError" in _without(LOADER + loop, tmp_path).stderr
    body = loop.partition("import Steps\n")[2] + "steps.mark('run_stop', status='success')\n"
    done = _without(LOADER + fallback + body, tmp_path)
    assert (done.stdout, done.stderr) == ("trained\n" * 3, "")
