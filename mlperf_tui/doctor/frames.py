"""Whether py-spy may read the run's threads: tried on a process of our own, as the recorder would."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from mlperf_tui.report.doctor import MISSING, PARTLY, SHOWN, Finding
from mlperf_tui.sampling.helpers import Helpers
from mlperf_tui.sampling.pyspy import PTRACE_SCOPE, RUNG, Answer, Problem, PySpy

ROOM, WHAT = "host", "thread_frames"
SLEEPER = "print(flush=True)\nimport sys\nsys.stdin.read()"
ALLOWING = "from mlperf_tui.steps.facts import let_look\nlet_look({pid})\n" + SLEEPER
TRIES = 3
"""A process that changes while it is read gives no answer."""

CAP_SYS_PTRACE = 19
"""Its bit in a set of capabilities: linux/capability.h."""


def frames(ask: Callable[[str], Answer] | None = None, scope_file: Path = PTRACE_SCOPE) -> Finding:
    """By the answers of a process that allows nothing, and of one that lets us in as our ranks do."""
    ask = ask or _ask_own
    answer = ask(SLEEPER)
    if answer.threads:
        return Finding(ROOM, WHAT, SHOWN, f"py-spy may read any process of this user ({_why(scope_file)})", RUNG)
    if answer.problem is Problem.REFUSED and ask(ALLOWING.format(pid=os.getpid())).threads:
        return Finding(
            ROOM,
            WHAT,
            PARTLY,
            f"py-spy may read the ranks of runs that are started here ({_why(scope_file)}), but not their loaders, nor "
            "a run that another recorder started",
            RUNG,
            "sysctl kernel.yama.ptrace_scope=0 as root, or run mlperf-tui as root.",
        )
    says, _, helps = answer.reason.partition(": ")
    return Finding(ROOM, WHAT, MISSING, says or "py-spy gave no answer", remedy=helps)


def ptrace_scope(file: Path) -> int | None:
    """Yama's 0 (all of one's own) to 3 (nobody); None where the kernel has no Yama, which is as 0."""
    try:
        return int(file.read_text())
    except (OSError, ValueError):
        return None


def may_trace(status: str) -> bool:
    """Whether the process whose /proc/PID/status that is has CAP_SYS_PTRACE."""
    held = next((line.split()[1:] for line in status.splitlines() if line.startswith("CapEff:")), [])
    try:
        return bool(int("".join(held[:1]), 16) >> CAP_SYS_PTRACE & 1)
    except ValueError:
        return False


def _why(scope_file: Path) -> str:
    scope = ptrace_scope(scope_file)
    capability = ", CAP_SYS_PTRACE" if may_trace(Path("/proc/self/status").read_text()) else ""
    return ("no Yama in this kernel" if scope is None else f"ptrace_scope {scope}") + capability


def _ask_own(code: str) -> Answer:
    """A process that runs the code, read by py-spy while it waits."""
    with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.stdin is not None
        assert child.stdout is not None
        child.stdout.readline()  # it has come so far
        spy = PySpy(Helpers())
        for _ in range(TRIES):
            answer = spy.ask(child.pid)
            if answer.threads or answer.problem is not Problem.NO_ANSWER:
                break
        child.stdin.close()
    return answer
