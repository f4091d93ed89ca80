"""The door to py-spy: one process's Python threads, each with its stack, without stopping the process."""

from __future__ import annotations

import enum
import importlib.metadata
import json
import os
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mlperf_tui.sampling.helpers import Ended, Helpers
from mlperf_tui.sampling.stat import stat_of

PATIENCE_S = 5.0
MOST_FRAMES = 200
MOST_LETTERS = 200
PTRACE_SCOPE = Path("/proc/sys/kernel/yama/ptrace_scope")
RUNG = "py-spy dump, nonblocking"


class Problem(enum.Enum):
    """Why there is nothing to read: for now or for good."""

    NO_ANSWER = "no answer"
    """It has gone, is no Python (yet), or changed while it was read."""
    HANGS = "py-spy hangs"
    REFUSED = "refused"
    """It may not be read: others may."""
    NO_PYSPY = "no py-spy"


@dataclass(frozen=True, slots=True)
class PythonThread:
    """One Python thread: its id in the kernel, what Python calls it, and its frames, innermost first.

    A frame is `function file:line`.
    """

    tid: int
    name: str
    frames: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """What py-spy said of one process: its threads, or a problem with its reason in a sentence."""

    threads: tuple[PythonThread, ...] = ()
    problem: Problem | None = None
    reason: str = ""


class PySpy:
    """Asks py-spy. It is looked for beside this Python first, then in PATH, then where its own package lies."""

    def __init__(self, helpers: Helpers, patience_s: float = PATIENCE_S) -> None:
        self._helpers = helpers
        self._patience_s = patience_s
        self._path = _find()

    def ask(self, pid: int) -> Answer:
        """The threads of one process now. Never raises, and takes no longer than the patience."""
        if self._path is None:
            return Answer(problem=Problem.NO_PYSPY, reason="py-spy is not installed here: pip install py-spy")
        try:
            ended = self._helpers.run(
                [self._path, "dump", "--json", "--nonblocking", "--pid", str(pid)], self._patience_s
            )
        except OSError as error:
            return Answer(problem=Problem.NO_PYSPY, reason=f"{self._path} can't be started: {error.strerror}")
        if ended.code == 0:
            return Answer(threads=parse(ended.out))
        return _refusal(pid, ended, self._patience_s)


def _find() -> str | None:
    beside = shutil.which("py-spy", path=str(Path(sys.executable).parent))
    return beside or shutil.which("py-spy") or _in_its_package()


def _in_its_package() -> str | None:
    """The program where `pip --target` puts it, in a `bin` beside the package; else where the package says it lies.

    The order matters: pip moves the program into that `bin` and leaves the package saying where it was built.
    """
    try:
        package = importlib.metadata.distribution("py-spy")
    except importlib.metadata.PackageNotFoundError:
        return None
    programs = [file for file in package.files or () if file.name == "py-spy"]
    places = [package.locate_file("bin"), *(package.locate_file(file.parent) for file in programs)]
    return shutil.which("py-spy", path=os.pathsep.join(map(str, places)))


def parse(text: bytes) -> tuple[PythonThread, ...]:
    """The threads in py-spy's JSON; what is no such thing is left out. Never raises."""
    try:
        told = json.loads(text)
    except (ValueError, RecursionError):
        return ()
    threads = [_thread(body) for body in told] if isinstance(told, list) else []
    return tuple(thread for thread in threads if thread is not None)


def _thread(body: Any) -> PythonThread | None:
    if not isinstance(body, dict) or not isinstance(body.get("os_thread_id"), int):
        return None
    frames = body.get("frames")
    stack = [_frame(frame) for frame in frames[:MOST_FRAMES]] if isinstance(frames, list) else []
    return PythonThread(body["os_thread_id"], _clean(body.get("thread_name")), tuple(filter(None, stack)))


def _frame(body: Any) -> str:
    """`function file:line`, with the file's own name only; "" for what is no frame."""
    if not isinstance(body, dict):
        return ""
    function, file, line = _clean(body.get("name")), _clean(body.get("filename")), body.get("line")
    if not function:
        return ""
    place = file.rpartition("/")[2] + (f":{line}" if isinstance(line, int) and line > 0 else "")
    return f"{function} {place}".strip()


def _clean(value: Any) -> str:
    """Printable text of bearable length: a process that was read while it ran may show anything."""
    text = value[-MOST_LETTERS:] if isinstance(value, str) else ""
    return text if text.isprintable() else "".join(letter for letter in text if letter.isprintable())


def _refusal(pid: int, ended: Ended, patience_s: float) -> Answer:
    said = ended.err.decode("utf-8", "replace")
    if ended.code < 0:
        hangs = f"py-spy did not answer within {patience_s:.3g} s"
        return Answer(problem=Problem.HANGS, reason=hangs)
    if stat_of(pid) is None:
        return Answer(problem=Problem.NO_ANSWER, reason="the process has gone")
    if "Permission Denied" in said or "Operation not permitted" in said:
        return Answer(problem=Problem.REFUSED, reason=f"py-spy may not read this process {_remedy()}")
    if "Unsupported version of Python" in said:
        first = _clean(said.partition("\n")[0].removeprefix("Error: "))
        return Answer(problem=Problem.REFUSED, reason=f"py-spy can't read this program ({first}): upgrade py-spy")
    return Answer(
        problem=Problem.NO_ANSWER, reason=_clean(said.partition("\n")[0]) or f"py-spy ended with {ended.code}"
    )


def _remedy() -> str:
    """What keeps py-spy out, and what lets it in (Linux, Documentation/admin-guide/LSM/Yama.rst)."""
    try:
        scope = int(PTRACE_SCOPE.read_text())
    except (OSError, ValueError):
        scope = 0
    if scope >= 3:
        return f"(ptrace_scope {scope}: nobody may until the next boot)"
    if os.geteuid() == 0:
        return "(no CAP_SYS_PTRACE): start the container with --cap-add SYS_PTRACE"
    if scope == 2:
        return "(ptrace_scope 2): run as root, or sysctl kernel.yama.ptrace_scope=1"
    if scope == 1:
        return "(ptrace_scope 1): run as root, or sysctl kernel.yama.ptrace_scope=0"
    return "(it belongs to another user, or has privileges): run as that user or as root"
