"""What a program finds in its environment: its session, and the means to import the step protocol from any Python."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import platformdirs

import mlperf_tui
from mlperf_tui.records import Plan
from mlperf_tui.session.folder import Folder

PACKAGES = ("mlperf_tui", "workloads")


def environment_for(plan: Plan, folder: Folder) -> dict[str, str]:
    """The recorder's own environment, with the session's names and our packages added.

    A workload of ours must not find a `workloads` folder that happens to lie in the working directory, hence
    PYTHONSAFEPATH; somebody's own script may count on its folder. Unbuffered output is what makes it be seen live.
    """
    environment = {
        **os.environ,
        "MLPERF_TUI_SESSION": plan.id,
        "MLPERF_TUI_STEPS": str(folder.path),
        "MLPERF_TUI_RECORDER": str(os.getpid()),
        "PYTHONUNBUFFERED": os.environ.get("PYTHONUNBUFFERED", "1"),
    }
    if plan.turns:
        environment["MLPERF_TUI_TURN"] = str(folder.turn)
    if plan.kind == "workload":
        environment["PYTHONSAFEPATH"] = "1"
    if (ours := import_path()) is not None:
        environment["PYTHONPATH"] = os.pathsep.join(filter(None, (str(ours), os.environ.get("PYTHONPATH"))))
    return environment


def import_path() -> Path | None:
    """A directory that holds links to our packages and nothing else, so that it hides nothing of another Python's.

    None where it can't be made: the program then needs mlperf-tui installed beside it.
    """
    home = Path(mlperf_tui.__file__).parent.parent
    digest = hashlib.sha256(str(home).encode()).hexdigest()[:12]
    path = platformdirs.user_cache_path("mlperf-tui") / f"import-{digest}"
    try:
        path.mkdir(parents=True, exist_ok=True)
        for package in PACKAGES:
            _link(path / package, home / package)
    except OSError:
        return None
    return path


def _link(link: Path, target: Path) -> None:
    if target.is_dir() and not link.is_symlink():
        link.symlink_to(target)
