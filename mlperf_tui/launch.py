"""Make a session and start its recorder, detached; find out who runs one, and stop it."""

from __future__ import annotations

import itertools
import os
import platform
import shlex
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import mlperf_tui
from mlperf_tui import catalog
from mlperf_tui.errors import CannotRun, MlperfTuiError, NotFound
from mlperf_tui.records import Plan
from mlperf_tui.session import folder as folders
from mlperf_tui.session import lock, redact
from mlperf_tui.session.alive import Process
from mlperf_tui.session.folder import Folder
from mlperf_tui.session.status import status
from mlperf_tui.steps.facts import boot_id, hostname

GIT_PATIENCE_S = 2.0
START_PATIENCE_S = 5.0
ASK_PYTHON = """
import importlib.util, sys
if sys.version_info < (3, 11):
    sys.exit(3)
sys.exit(any(importlib.util.find_spec(name) is None for name in sys.argv[1:]))
"""
TOO_OLD = 3
NEEDS = ("torch", "torchvision")
ON_END = "MLPERF_TUI_ON_END"
"""The variable that hands the command for the run's end to the recorder."""

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


def launch(request: Request, root: Path) -> Folder:
    """Make the session and start its recorder, which starts the program. Returns at once.

    Raises MlperfTuiError when it can't be done; nothing is left behind then.
    """
    argv = _workload_argv(request) if request.workload else _command_argv(request.command)
    folder = folders.create(root, _plan(request, argv))
    try:
        _start_recorder(folder, ["--", *argv], request.on_end)
    except OSError as error:
        folder.remove()
        raise MlperfTuiError(f"the recorder can't be started: {error}") from None
    return folder


def ensure_recorded(folder: Folder) -> None:
    """Start another recorder for a run that has lost its own."""
    if status(folder).word == "running-unrecorded":
        _start_recorder(folder, [])


def stop(folder: Folder) -> None:
    """Ask the recorder to end the run. Raises MlperfTuiError when there is nothing to stop, or not from here."""
    ensure_recorded(folder)
    _signal(folder, signal.SIGTERM, "stop it there", "be stopped")


def dump(folder: Folder) -> None:
    """Ask the recorder for the stacks of all ranks. Raises MlperfTuiError when no recorder of it runs here."""
    if status(folder).word == "running-unrecorded":
        raise MlperfTuiError(f"{folder.id} has lost its recorder: `mlperf-tui watch {folder.id}` starts another")
    _signal(folder, signal.SIGUSR1, "dump its stacks there", "be dumped")


def _signal(folder: Folder, number: signal.Signals, there: str, what: str) -> None:
    state = status(folder)
    if state.word == "elsewhere":
        raise MlperfTuiError(f"{folder.id} was {state.detail}: {there}")
    recorder = _recorder_of(folder)
    if recorder is None:
        raise MlperfTuiError(f"{folder.id} is not running: it is {status(folder).word}")
    try:
        os.kill(recorder.pid, number)
    except OSError as error:
        raise MlperfTuiError(f"{folder.id} can't {what}: {error.strerror}") from None


def _recorder_of(folder: Folder) -> Process | None:
    """The recorder of a live session; one that is just starting is given a moment to say who it is."""
    until = time.monotonic() + START_PATIENCE_S
    while status(folder).live:
        holders = lock.read(folder.lock)
        if holders is not None and holders.recorder is not None and holders.recorder.alive:
            return holders.recorder
        if time.monotonic() >= until:
            return None
        time.sleep(0.05)
    return None


def wait(folder: Folder, patience_s: float) -> bool:
    """Whether the session ends within the patience."""
    until = time.monotonic() + patience_s
    while status(folder).live:
        if time.monotonic() >= until:
            return False
        time.sleep(0.1)
    return True


def _workload_argv(request: Request) -> tuple[str, ...]:
    workload = catalog.find(request.workload or "")
    python = _python(request.python)
    _check_data(request.options.get("data"))
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


def _check_data(data: str | None) -> None:
    if data is None or data in {"digits", "synthetic"}:
        return
    path = Path(data)
    if not path.is_dir():
        what = "is no directory" if path.exists() else "does not exist"
        raise MlperfTuiError(f"--data {data} {what}: name a data set's directory, or `digits` or `synthetic`")
    if not os.access(path, os.R_OK | os.X_OK):
        raise MlperfTuiError(f"--data {data} can't be read: check its permissions")


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


def _plan(request: Request, argv: tuple[str, ...]) -> Plan:
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
        on_end=None if request.on_end is None else _redacted(request.on_end),
        env_kept=redact.environment(os.environ),
        versions={"mlperf-tui": mlperf_tui.__version__, "python": platform.python_version()},
        git=_git(),
        **planned,
    )


def program_name(argv: tuple[str, ...]) -> str:
    """What a person would call the command: its script or module where an interpreter or a launcher runs one."""
    scripts = [Path(word).name for word in argv if word.endswith((".py", ".sh"))]
    modules = [after for word, after in itertools.pairwise(argv) if word == "-m"]
    return (scripts or modules or [Path(argv[0]).name])[0]


def _git() -> dict[str, Any] | None:
    """The commit of the working directory and whether it has changes, None outside a repository."""
    commit = _git_says("rev-parse", "HEAD")
    if not commit:
        return None
    changes = _git_says("status", "--porcelain", "--untracked-files=no")
    return {"commit": commit, "dirty": None if changes is None else bool(changes)}


def _git_says(*words: str) -> str | None:
    try:
        said = subprocess.run(["git", *words], capture_output=True, text=True, timeout=GIT_PATIENCE_S, check=False)  # noqa: S607
    except (OSError, subprocess.TimeoutExpired):
        return None
    return said.stdout.strip() if said.returncode == 0 else None


def _redacted(command: str) -> str:
    """A shell command without its secrets; where it has none, it stays as it is."""
    try:
        words = tuple(shlex.split(command))
    except ValueError:
        return redact.text(command)
    shown = redact.argv(words)
    return command if shown == words else shlex.join(shown)


def _start_recorder(folder: Folder, arguments: list[str], on_end: str | None = None) -> None:
    """In a session of its own, so that neither a closed terminal nor a lost link reaches it.

    `on_end` may hold a secret: it travels in the environment, and the plan has it redacted.
    """
    held = lock.Lock.take(folder.lock)
    if held is None:
        return
    if arguments:
        held.write(lock.Holders(hostname(), boot_id()))
    words = [sys.executable, "-P", "-m", "mlperf_tui.recorder", str(folder.path), str(held.descriptor), *arguments]
    output = os.open(folder.recorder_output, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    try:
        child = subprocess.Popen(
            words,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
            pass_fds=(held.descriptor,),
            env={**os.environ, ON_END: on_end or ""},
        )
        child.returncode = 0  # it outlives this process: Popen must not wait for it
    finally:
        os.close(output)
        held.close()
