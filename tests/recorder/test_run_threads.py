"""Which process is which rank, and what a dump holds."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from mlperf_tui.recorder.dump import dump
from mlperf_tui.recorder.ranks import Ranks
from mlperf_tui.records import About, Mark, StackReading, Unavailable, encode
from mlperf_tui.sampling.helpers import Helpers
from mlperf_tui.sampling.pyspy import Answer, Problem, PySpy, PythonThread
from mlperf_tui.sampling.stat import Stat, stat_of
from mlperf_tui.sampling.thread_names import Names
from mlperf_tui.session.folder import Folder

PROGRAM = """
import threading
def inner(): over.wait()
def outer(): inner()
over = threading.Event()
threading.Thread(target=outer, name="my helper", daemon=True).start()
print("ready", flush=True)
over.wait()
"""


class Refusing:
    """A py-spy that may read nobody."""

    def ask(self, pid: int) -> Answer:
        return Answer(problem=Problem.REFUSED, reason="no")


@pytest.fixture
def waiting() -> Iterator[int]:
    """A Python process with a named thread."""
    child = subprocess.Popen([sys.executable, "-c", PROGRAM], stdout=subprocess.PIPE)
    assert child.stdout is not None
    assert child.stdout.readline() == b"ready\n"
    yield child.pid
    child.kill()
    child.communicate()


def names(members: dict[int, Stat], ranks: dict[int, int]) -> Names:
    made = Names(1, lambda argv: argv[0])
    made.update(members, ranks)
    return made


def members(*pids: int) -> dict[int, Stat]:
    return {pid: stat for pid in pids if (stat := stat_of(pid)) is not None}


def test_ranks_are_found_when_they_say_so(tmp_path: Path) -> None:
    """Later than their first lines, and after a restart under another pid as well."""
    ranks = Ranks(Folder(tmp_path))
    first = tmp_path / "steps-1-0.jsonl"
    first.write_text(encode(Mark(1, "init_start")) + "\n")
    assert ranks.by_pid() == {}
    with first.open("a") as file:
        file.write(encode(About(1, 2, 1, 100)) + "\n")
    assert ranks.by_pid() == {100: 1}
    (tmp_path / "steps-1-1.jsonl").write_text(encode(About(1, 2, 1, 200)) + "\n")
    assert ranks.by_pid() == {100: 1, 200: 1}


def test_a_dump_holds_every_thread_whole(waiting: int) -> None:
    """Innermost first, with names and rank, all of one moment."""
    there = members(waiting)
    stacks = dump(PySpy(Helpers()), names(there, {waiting: 3}), there, {waiting: 3})
    mark, main, helper = stacks
    assert (mark.key, mark.value, mark.t) == ("stack_dump", 2, main.t)  # type: ignore[union-attr]
    assert isinstance(main, StackReading)
    assert isinstance(helper, StackReading)
    assert (main.name, main.rank, main.tid) == ("rank 3 main", 3, waiting)
    assert helper.name == "rank 3 my helper"
    functions = [frame.split()[0] for frame in helper.frames]
    assert functions[functions.index("inner") + 1] == "outer"
    assert main.t == helper.t


def test_without_ranks_python_is_dumped(waiting: int) -> None:
    """And nothing else; where there is none, that is said."""
    sleeping = subprocess.Popen(["sleep", "100"])
    there = members(waiting, sleeping.pid)
    found = dump(PySpy(Helpers()), names(there, {}), there, {})
    alone = members(sleeping.pid)
    none = dump(PySpy(Helpers()), names(alone, {}), alone, {})
    sleeping.kill()
    sleeping.wait()
    assert {record.pid for record in found if isinstance(record, StackReading)} == {waiting}
    assert none == [Unavailable("stack", "this run has no Python process")]


def test_a_dump_that_is_refused_says_why_once() -> None:
    """However many processes refuse; threads without a frame are left out of one that isn't."""
    there = {pid: Stat(1, "S", 1, 0, 1, 0) for pid in (5, 6)}
    ranks = {5: 0, 6: 1}
    assert dump(Refusing(), names(there, ranks), there, ranks) == [Unavailable("stack", "no")]  # type: ignore[arg-type]

    class Spy:
        def ask(self, pid: int) -> Answer:
            return Answer((PythonThread(pid, "MainThread", ("f a.py:1",)), PythonThread(99, "idle", ())))

    found = dump(Spy(), names(there, ranks), there, ranks)  # type: ignore[arg-type]
    assert [(record.rank, record.tid) for record in found if isinstance(record, StackReading)] == [(0, 5), (1, 6)]
