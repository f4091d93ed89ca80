"""Programs that the recorder starts for itself: they are its children, and yet no part of the run."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
import threading
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import BinaryIO

from mlperf_tui.sampling.stat import stat_of

REMEMBERED = 256
PRIORITY = 10
"""How nice a helper is to the run: the kernel gives it a tenth of a normal process's share."""

LOOK_EVERY_S = 0.01


@dataclass(frozen=True, slots=True)
class Ended:
    """What a helper came to: its exit code (the signal, negative, where one ended it), output, and CPU seconds."""

    code: int
    out: bytes
    err: bytes
    cpu_s: float


class Helpers:
    """Starts helpers, and knows its own. Used from several threads.

    A helper is known before anybody can see it: `has` waits for one that is being started. One that has ended is
    remembered for a while, for those who saw it just before.
    """

    def __init__(self) -> None:
        self.cpu_s = 0.0
        self._lock = threading.Lock()
        self._known: deque[tuple[int, int]] = deque(maxlen=REMEMBERED)

    def has(self, pid: int, start: int) -> bool:
        """Whether a process, by its pid and its start in clock ticks, is or was a helper."""
        with self._lock:
            return (pid, start) in self._known

    def run(self, words: Sequence[str], patience_s: float) -> Ended:
        """Run a program to its end; it is killed when the patience is over. Raises OSError when it can't be started."""
        with _memory("out") as out, _memory("err") as err:
            code, cpu_s = self._run(words, out, err, patience_s)
            ended = Ended(code, _content(out), _content(err), cpu_s)
        with self._lock:
            self.cpu_s += cpu_s
        return ended

    def _run(self, words: Sequence[str], out: BinaryIO, err: BinaryIO, patience_s: float) -> tuple[int, float]:
        with self._lock:
            child = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=out, stderr=err)
            stat = stat_of(child.pid)
            self._known.append((child.pid, stat.start if stat else 0))
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, child.pid, PRIORITY)
        _wait(child.pid, patience_s)
        # Not child.wait(): only wait4 tells this one child's CPU.
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        return child.returncode, usage.ru_utime + usage.ru_stime


def _wait(pid: int, patience_s: float) -> None:
    """Until a child has ended. It is left unreaped meanwhile, so that the kill can't hit another of the same pid."""
    if not _ends_within(pid, patience_s):
        os.kill(pid, signal.SIGKILL)
    os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)


def _ends_within(pid: int, patience_s: float) -> bool:
    try:
        descriptor = os.pidfd_open(pid)
    except (AttributeError, OSError):  # Linux before 5.3, or a Python that was built for it
        return _is_seen_to_end(pid, patience_s)
    try:
        end = select.poll()
        end.register(descriptor, select.POLLIN)
        return bool(end.poll(1000 * patience_s))
    finally:
        os.close(descriptor)


def _is_seen_to_end(pid: int, patience_s: float) -> bool:
    """The same by looking again and again."""
    until = time.monotonic() + patience_s
    while not (has_ended := os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT | os.WNOHANG)):
        if time.monotonic() >= until:
            break
        time.sleep(LOOK_EVERY_S)
    return bool(has_ended)


def _memory(name: str) -> BinaryIO:
    """A file that no disk holds: it never fills up, as a pipe that nobody reads would."""
    return os.fdopen(os.memfd_create(name), "w+b")


def _content(file: BinaryIO) -> bytes:
    file.seek(0)
    return file.read()
