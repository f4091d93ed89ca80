"""What is to be run, settled and checked before anything starts: the command line, and the plan that names it."""

from __future__ import annotations

import itertools
import os
import platform
import shlex
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import mlperf_tui
from mlperf_tui import catalog
from mlperf_tui.errors import CannotRun, MlperfTuiError, NotFound
from mlperf_tui.records import Plan
from mlperf_tui.session import folder as folders
from mlperf_tui.session import redact
from mlperf_tui.steps.facts import hostname

GIT_PATIENCE_S = 2.0
ASK_PYTHON = """
import importlib.util, sys
if sys.version_info < (3, 11):
    sys.exit(3)
sys.exit(any(importlib.util.find_spec(name) is None for name in sys.argv[1:]))
"""
TOO_OLD = 3
NEEDS = ("torch", "torchvision")
PLANNED = ("precision", "scale", "batch", "data", "seed", "steps", "minutes", "target")


@dataclass(frozen=True, slots=True)
class Request:
    """What a person asked for: a workload with its options, or a command of their own."""

    workload: str | None = None
    command: tuple[str, ...] = ()
    options: dict[str, Any] = field(default_factory=dict)
    python: str | None = None
    name: str | None = None
    note: str | None = None
    grace_s: float = 30.0
    on_end: str | None = None
    environment: Mapping[str, str] = field(default_factory=dict)


def argv_of(request: Request) -> tuple[str, ...]:
    """The command line that is asked for, once all that it needs is there. Raises MlperfTuiError where it isn't."""
    return _workload_argv(request) if request.workload else _command_argv(request.command)


def _workload_argv(request: Request) -> tuple[str, ...]:
    workload = catalog.find(request.workload or "")
    python = _python(request.python)
    _check_data(workload, request.options.get("data"))
    _check_needs(python)
    return workload.argv(python, request.options)


def _command_argv(command: tuple[str, ...]) -> tuple[str, ...]:
    program = command[0]
    if shutil.which(program) is None:
        if Path(program).exists():
            raise CannotRun(f"{program} is not executable: try `mlperf-tui run -- python {program} …` or chmod +x")
        raise NotFound(f"no command {program} here: check the spelling and PATH")
    return command


def _python(given: str | None) -> str:
    if given is None:
        return sys.executable
    found = shutil.which(given)
    if found is None:
        raise NotFound(f"no Python at {given}: --python takes an interpreter, such as .venv/bin/python")
    return str(Path(found).absolute())


def _check_data(workload: catalog.Workload, data: str | None) -> None:
    if data is None or data in workload.embedded:
        return
    path = Path(data)
    if not path.is_dir():
        what = "is no directory" if path.exists() else "does not exist"
        others = "".join(f" or `{name}`" for name in workload.embedded)
        raise MlperfTuiError(f"--data {data} {what}: name a data set's directory{others}")
    if not os.access(path, os.R_OK | os.X_OK):
        raise MlperfTuiError(f"--data {data} can't be read: check its permissions")
    if not any(path.iterdir()):
        raise MlperfTuiError(f"--data {data} is empty: name the directory that the data set lies in")


def _check_needs(python: str) -> None:
    """Ask that Python whether it has what the workloads import; asking is much cheaper than importing."""
    try:
        environment = {**os.environ, "PYTHONSAFEPATH": "1"}
        asked = subprocess.run([python, "-c", ASK_PYTHON, *NEEDS], capture_output=True, check=False, env=environment)
    except OSError as error:
        raise CannotRun(f"{python} can't be run: {error.strerror}") from None
    if asked.returncode == TOO_OLD:
        raise MlperfTuiError(
            f"{python} is older than Python 3.11, which the workloads need: name another with --python"
        )
    if asked.returncode != 0:
        raise MlperfTuiError(
            f"{python} has no torch and torchvision: `{python} -m pip install 'mlperf-tui[workloads]'`, "
            "or name a Python that has them with --python"
        )


def plan(request: Request, argv: tuple[str, ...]) -> Plan:
    """The plan of one run, without secrets."""
    known = catalog.WORKLOADS.get(request.workload or "")
    name = known.name if known else program_name(argv)
    now = datetime.now(UTC)
    planned: dict[str, Any] = {key: request.options.get(key) for key in PLANNED}
    return Plan(
        id=folders.new_id(request.name or name, now),
        kind="workload" if known else "command",
        workload=name,
        argv=redact.argv(argv),
        cwd=str(Path.cwd()),
        host=hostname(),
        utc=now.isoformat(timespec="seconds").replace("+00:00", "Z"),
        name=request.name,
        note=request.note,
        unit=known.unit if known else "samples/s",
        grace_s=request.grace_s,
        on_end=None if request.on_end is None else redacted(request.on_end),
        env_kept={**redact.environment(os.environ), **redact.named(request.environment)},
        versions={"mlperf-tui": mlperf_tui.__version__, "python": platform.python_version()},
        git=git_state(ours=known is not None),
        **planned,
    )


def program_name(argv: tuple[str, ...]) -> str:
    """What a person would call the command: its script or module where an interpreter or a launcher runs one."""
    scripts = [Path(word).name for word in argv if word.endswith((".py", ".sh"))]
    modules = [after for word, after in itertools.pairwise(argv) if word == "-m"]
    return (scripts or modules or [Path(argv[0]).name])[0]


def git_state(*, ours: bool) -> dict[str, Any] | None:
    """The commit of what is run and whether it has changes, None outside a repository.

    A command is taken to be of the working directory's repository. A workload of ours is where this package is, which
    no repository may hold: an installed one lies in an environment, whatever repository that lies in.
    """
    where = Path(mlperf_tui.__file__).parent if ours else Path.cwd()
    if ours and _git_says(where, "ls-files", "--error-unmatch", "catalog.py") is None:
        return None
    commit = _git_says(where, "rev-parse", "HEAD")
    if not commit:
        return None
    changes = _git_says(where, "status", "--porcelain", "--untracked-files=no")
    return {"commit": commit, "dirty": None if changes is None else bool(changes)}


def _git_says(where: Path, *words: str) -> str | None:
    asked = ["git", "-C", str(where), *words]
    try:
        said = subprocess.run(asked, capture_output=True, text=True, timeout=GIT_PATIENCE_S, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return said.stdout.strip() if said.returncode == 0 else None


def redacted(command: str) -> str:
    """A shell command without its secrets; where it has none, it stays as it is."""
    try:
        words = tuple(shlex.split(command))
    except ValueError:
        return redact.text(command)
    shown = redact.argv(words)
    return command if shown == words else shlex.join(shown)
