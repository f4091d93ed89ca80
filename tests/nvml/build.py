"""Compiles the pretended NVML, and says what a child process needs in its environment to load it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
SCENARIOS = HERE / "scenarios"
LIBRARY = "libnvidia-ml.so.1"


def build(directory: Path) -> Path:
    """The library in that directory, compiled if it is not there yet."""
    library = directory / LIBRARY
    if not library.exists():
        options = ["-shared", "-fPIC", "-O1", f"-Wl,-soname,{LIBRARY}"]
        subprocess.run([*_compiler(), *options, "-o", str(library), str(HERE / "fake.c")], check=True)
    return library


def environment(library_dir: Path, scenario: str | Path) -> dict[str, str]:
    """What makes a child process find the library and live in the scenario: a name in `scenarios/`, or a file."""
    path = scenario if isinstance(scenario, Path) else SCENARIOS / f"{scenario}.txt"
    assert path.is_file(), f"no scenario {path}"
    paths = [str(library_dir), *filter(None, [os.environ.get("LD_LIBRARY_PATH")])]
    return {"LD_LIBRARY_PATH": os.pathsep.join(paths), "FAKE_NVML_SCENARIO": str(path)}


def _compiler() -> list[str]:
    """The machine's own compiler, or zig's, which comes as a Python package."""
    for name in ("cc", "gcc"):
        if path := shutil.which(name):
            return [path]
    return [sys.executable, "-m", "ziglang", "cc"]
