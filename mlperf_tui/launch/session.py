"""Make a session and start its recorder, detached; find out who runs one, and stop it."""

from __future__ import annotations

import signal
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from mlperf_tui.errors import MlperfTuiError
from mlperf_tui.launch import planning
from mlperf_tui.launch.detached import signal_recorder, start_detached
from mlperf_tui.launch.planning import Request
from mlperf_tui.records import Plan
from mlperf_tui.session import folder as folders
from mlperf_tui.session.folder import Folder
from mlperf_tui.session.status import status

ON_END = "MLPERF_TUI_ON_END"
"""The variable that hands the command for the run's end to the recorder."""

RECORDER = "mlperf_tui.recorder"


def launch(request: Request, root: Path) -> Folder:
    """Make the session and start its recorder, which starts the program. Returns at once.

    Raises MlperfTuiError when it can't be done; nothing is left behind then.
    """
    argv = planning.argv_of(request)
    return start(planning.plan(request, argv), argv, root, on_end=request.on_end)


def start(
    plan: Plan,
    argv: Sequence[str],
    root: Path,
    *,
    environment: Mapping[str, str] | None = None,
    on_end: str | None = None,
    prepare: Callable[[Folder], None] = lambda _: None,
) -> Folder:
    """Start what was planned; `environment` is added to this process's own. `prepare` has the folder before all else.

    `argv` is the plan's with its secrets, which `on_end` may hold too: it travels in the environment. Raises
    MlperfTuiError when it can't be done; nothing is left behind then.
    """
    folder = folders.create(root, plan)
    try:
        prepare(folder)
        added = {**(environment or {}), ON_END: on_end or ""}
        start_detached(folder, RECORDER, folder.recorder_output, ["--", *argv], added, new=True)
    except OSError as error:
        folder.remove()
        raise MlperfTuiError(f"the recorder can't be started: {error}") from None
    return folder


def ensure_recorded(folder: Folder) -> None:
    """Start another recorder for a run that has lost its own."""
    if status(folder).word == "running-unrecorded":
        start_detached(folder, RECORDER, folder.recorder_output, [], {ON_END: ""})


def stop(folder: Folder) -> None:
    """Ask the recorder to end the run. Raises MlperfTuiError when there is nothing to stop, or not from here."""
    ensure_recorded(folder)
    signal_recorder(folder, signal.SIGTERM, "stop it there", "be stopped")


def dump(folder: Folder) -> None:
    """Ask the recorder for the stacks of all ranks. Raises MlperfTuiError when no recorder of it runs here."""
    signal_recorder(folder, signal.SIGUSR1, "dump its stacks there", "be dumped")
