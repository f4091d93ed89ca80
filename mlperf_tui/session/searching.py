"""The search in a process of its own: an expression may run for ever, and it can't be ended in a thread.

Python's `re` holds the interpreter while it matches, so that in a thread a bad expression would stop the screen too.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import astuple
from pathlib import Path
from threading import Event, Lock, Timer

from mlperf_tui.errors import MlperfTuiError
from mlperf_tui.session.search import Found, Line, compiled, newer, older

LIMIT_S = 5.0
"""A step of a few MiB takes a tenth of a second or two; what takes so much longer doesn't come to an end."""

TRY_AGAIN_S = 0.01
NICE = 10
"""The training comes first."""

STEPS: dict[str, Callable[..., Found]] = {"older": older, "newer": newer}


class TooSlow(MlperfTuiError):
    """The expression takes too long."""


class Stopped(MlperfTuiError):
    """The search was stopped, or its process died."""


class Searcher:
    """Runs one step after the other in a child, which starts with the first. To be stopped in the end."""

    def __init__(self) -> None:
        self._child: subprocess.Popen[bytes] | None = None
        self._one_at_a_time = Lock()

    def ask(self, step: str, path: Path, expression: str, **numbers: int) -> Found:
        """What `older` or `newer` finds, by name. Raises TooSlow after LIMIT_S, and Stopped."""
        asked: dict[str, str | int] = {"step": step, "path": os.fspath(path), "expression": expression, **numbers}
        with self._one_at_a_time:
            child = self._child = self._child or _start()
            late = Event()
            timer = Timer(LIMIT_S, _give_up, (child, late))
            timer.start()
            answer = _exchange(child, asked)
            timer.cancel()
            if answer.endswith(b"\n"):
                return _found(answer)
            self._end()
        raise TooSlow("takes too long on a line: make it simpler") if late.is_set() else Stopped("the search stopped")

    def stop(self) -> None:
        """End the child and whatever it was at, at once; also one that is just being started."""
        wait_s = 0.0
        while not self._one_at_a_time.acquire(timeout=wait_s):
            wait_s = TRY_AGAIN_S
            if child := self._child:
                child.kill()
        try:
            self._end()
        finally:
            self._one_at_a_time.release()

    def _end(self) -> None:
        if self._child is not None:
            self._child.kill()
            self._child.communicate()
            self._child = None


def serve() -> None:
    """The child: a line of JSON in, a line of JSON out, until the other end is closed."""
    os.nice(NICE)
    for line in sys.stdin.buffer:
        asked = json.loads(line)
        step, path, pattern = asked.pop("step"), Path(asked.pop("path")), compiled(asked.pop("expression"))
        sys.stdout.write(json.dumps(astuple(STEPS[step](path, pattern=pattern, **asked))) + "\n")
        sys.stdout.flush()


def _start() -> subprocess.Popen[bytes]:
    words = [sys.executable, "-P", "-m", "mlperf_tui.session.searching"]
    return subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)


def _give_up(child: subprocess.Popen[bytes], late: Event) -> None:
    late.set()
    child.kill()


def _exchange(child: subprocess.Popen[bytes], asked: dict[str, str | int]) -> bytes:
    """The child's answer; what there is of it, if the child ends."""
    assert child.stdin is not None
    assert child.stdout is not None
    try:
        child.stdin.write(json.dumps(asked).encode() + b"\n")
        child.stdin.flush()
    except OSError:
        return b""
    return child.stdout.readline()


def _found(answer: bytes) -> Found:
    lines, reached, ended = json.loads(answer)
    return Found(tuple(Line(offset, text, tuple(map(tuple, spans))) for offset, text, spans in lines), reached, ended)


if __name__ == "__main__":
    serve()
