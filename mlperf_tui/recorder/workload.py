"""The program that is recorded: started in a session of its own, stopped politely first, reaped with all it left."""

from __future__ import annotations

import contextlib
import ctypes
import functools
import os
import signal
import subprocess
from dataclasses import dataclass

from mlperf_tui.sampling.helpers import Helpers
from mlperf_tui.sampling.stat import stat_of
from mlperf_tui.session.alive import Process, started
from mlperf_tui.session.folder import Folder
from mlperf_tui.steps.facts import let_look

PR_SET_CHILD_SUBREAPER = 36


@dataclass(frozen=True, slots=True)
class Exit:
    """How a process ended: an exit code, or the signal that ended it."""

    code: int | None
    signal: int | None

    @classmethod
    def of(cls, wait_status: int) -> Exit:
        if os.WIFSIGNALED(wait_status):
            return cls(None, os.WTERMSIG(wait_status))
        return cls(os.WEXITSTATUS(wait_status), None)


class Workload:
    """The run's first process and, once that has ended, whoever it left behind.

    `exit` is what the first process came to; when that was a success and it left others that outlived it (it went into
    the background), the last one of those that ended badly speaks for the run.
    """

    def __init__(self, process: Process, helpers: Helpers, *, own_child: bool) -> None:
        self.process = process
        self._helpers = helpers
        self.exit: Exit | None = None
        self._own_child = own_child

    @property
    def running(self) -> bool:
        """Whether the first process still runs."""
        return self.exit is None if self._own_child else self.process.alive

    def reap(self) -> None:
        """Take in every child that has ended; those that the run left behind are this process's children too.

        A helper is left to whoever started it, and with it those behind it, until the next time.
        """
        with contextlib.suppress(ChildProcessError):
            while ended := os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT):
                stat = stat_of(ended.si_pid)
                if stat is None or self._helpers.has(ended.si_pid, stat.start):
                    return
                pid, wait_status = os.waitpid(ended.si_pid, 0)
                self._note(pid, Exit.of(wait_status))

    def _note(self, pid: int, ended: Exit) -> None:
        left_behind_badly = self.exit == Exit(0, None) and ended.code != 0
        if pid == self.process.pid or left_behind_badly:
            self.exit = ended


def start(argv: list[str], cwd: str, folder: Folder, environment: dict[str, str], helpers: Helpers) -> Workload:
    """Start the program. Its output is a plain file: nothing that breaks or fills up when a reader goes.

    Raises OSError when it can't be started.
    """
    output = os.open(folder.output, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    try:
        child = subprocess.Popen(
            argv,
            cwd=cwd,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=functools.partial(let_look, os.getpid()),  # noqa: PLW1509  the recorder has but one thread yet
        )
    finally:
        os.close(output)
    child.returncode = 0  # reaped here, by waitpid(-1): Popen must not wait for it too
    return Workload(Process(child.pid, started(child.pid) or 0), helpers, own_child=True)


def adopt(process: Process, helpers: Helpers) -> Workload:
    """A program that another recorder started: its exit code will stay unknown."""
    return Workload(process, helpers, own_child=False)


def keep_orphans() -> None:
    """Become the parent of whatever the run's processes leave behind (prctl(2), PR_SET_CHILD_SUBREAPER)."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def send(pid: int, number: signal.Signals) -> None:
    """A signal to one process, which may have gone."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.kill(pid, number)
