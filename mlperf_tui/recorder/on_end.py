"""The command that a person wanted to be run once the session has ended: a mail, a bell, the next job."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess

from mlperf_tui.records import End, Experiment, Plan
from mlperf_tui.session.experiments import ExperimentFolder
from mlperf_tui.session.folder import Folder

LIMIT_S = 60.0


def run_on_end(folder: Folder | ExperimentFolder, plan: Plan | Experiment, end: End, command: str) -> None:
    """Run `command` by the shell in the plan's directory, for a minute at most; then it is killed with its children.

    It finds the session in its environment: MLPERF_TUI_SESSION (the id), MLPERF_TUI_SESSION_DIR, MLPERF_TUI_STATUS
    (finished, failed, stopped, interrupted), MLPERF_TUI_EXIT_CODE (as a shell counts it, empty where nobody saw it)
    and MLPERF_TUI_SUMMARY (the path of summary.json, an experiment's report.json). Its output goes to recorder.log
    (runner.log), and a failure is one line there.
    """
    with contextlib.suppress(OSError), folder.recorder_output.open("a", encoding="utf-8") as log:
        failure = _run(folder, plan, end, command, log.fileno())
        if failure is not None:
            log.write(f"--on-end: {failure}\n")


def _run(folder: Folder | ExperimentFolder, plan: Plan | Experiment, end: End, command: str, log: int) -> str | None:
    """What went wrong, if something did."""
    try:
        child = subprocess.Popen(  # noqa: S602  a command line of the person's own, as in their shell
            command,
            shell=True,
            cwd=plan.cwd,
            env=_environment(folder, plan, end),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    except OSError as error:
        return f"it can't be started: {error.strerror or error}"
    try:
        code = child.wait(LIMIT_S)
    except subprocess.TimeoutExpired:
        _kill(child)
        return f"it was killed after {LIMIT_S:.0f} s"
    return f"it ended with exit code {code}" if code else None


def _kill(child: subprocess.Popen[bytes]) -> None:
    """All of its process group, whose leader it is."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(child.pid, signal.SIGKILL)
    child.wait()


def _environment(folder: Folder | ExperimentFolder, plan: Plan | Experiment, end: End) -> dict[str, str]:
    code = end.shell_code
    return {
        **os.environ,
        "MLPERF_TUI_SESSION": plan.id,
        "MLPERF_TUI_SESSION_DIR": str(folder.path),
        "MLPERF_TUI_STATUS": end.status,
        "MLPERF_TUI_EXIT_CODE": "" if code is None else str(code),
        "MLPERF_TUI_SUMMARY": str(folder.summary),
    }
