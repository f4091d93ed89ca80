"""Asking py-spy: what it says, what it refuses, whose turn it is."""

from __future__ import annotations

import errno
import itertools
import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlperf_tui.records import FrameReading, Record, Source, Unavailable, decode, encode
from mlperf_tui.sampling import pyspy
from mlperf_tui.sampling.helpers import Helpers
from mlperf_tui.sampling.pyspy import Answer, Problem, PySpy, parse
from mlperf_tui.sampling.stacks import TRIES, Stacks
from mlperf_tui.sampling.stat import Stat, stat_of
from mlperf_tui.sampling.tasks import Task
from mlperf_tui.sampling.turns import AGAIN_S, OTHERS_IN_A_ROW, Turns

SPIN = """
def find_me():
    print("ready", flush=True)
    while True:
        sum(range(1000))
find_me()
"""
DENIED = """echo "Permission Denied: Try running again with elevated permissions by going 'sudo !!'" >&2; exit 1"""
NO_PYTHON = "echo 'Error: Failed to find python version from target process' >&2; exit 1"
ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner) | st.dictionaries(st.sampled_from(["os_thread_id", "thread_name", "frames", "name"]), inner)
    ),
)


@pytest.fixture
def spinning() -> Iterator[int]:
    """A Python process that is in `find_me`."""
    child = subprocess.Popen([sys.executable, "-c", SPIN], stdout=subprocess.PIPE)
    assert child.stdout is not None
    assert child.stdout.readline() == b"ready\n"
    yield child.pid
    child.kill()
    child.communicate()


@pytest.fixture
def says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A py-spy that does as a script says; every call is noted. Answers how often it was called."""
    calls = tmp_path / "calls"

    def make(script: str, patience_s: float = 60) -> tuple[PySpy, Any]:
        program = tmp_path / "py-spy"
        program.write_text(f"#!/bin/sh\necho $5 >> {calls}\n{script}\n")
        program.chmod(0o755)
        monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
        return PySpy(Helpers(), patience_s), lambda: calls.read_text().split() if calls.exists() else []

    return make


def look(stacks: Stacks, *pids: int, ranks: dict[int, int] | None = None, times: int = 1) -> list[Record]:
    """What comes of looking several times, at long intervals."""
    members = {pid: stat for pid in pids if (stat := stat_of(pid)) is not None}
    kept = [Task(pid, pid, "python", "R") for pid in members]
    said: list[Record] = []
    for _ in range(times):
        stacks._turns = Turns()  # everybody's turn has come again
        said += stacks.look(members, ranks or {}, kept)[0]
    return said


def test_the_frame_names_the_function(spinning: int) -> None:
    """The real py-spy finds it; the source is told first and once."""
    stacks = Stacks(PySpy(Helpers()))
    records = look(stacks, spinning, times=20)
    assert isinstance(records[0], Source)
    assert sum(isinstance(record, Source) for record in records) == 1
    frames = {frame for record in records if isinstance(record, FrameReading) for frame in record.frames}
    assert any(frame.startswith("find_me <string>:") for frame in frames), frames


def test_what_a_helper_costs_is_counted(spinning: int) -> None:
    """Its CPU is the monitor's; and it is known as a helper, by pid and start."""
    helpers = Helpers()
    ended = helpers.run([sys.executable, "-c", "while __import__('time').process_time() < 0.05: pass"], 60)
    assert ended.code == 0
    assert helpers.cpu_s == ended.cpu_s >= 0.05
    ended = helpers.run(["sh", "-c", "cat /proc/$$/stat; echo no >&2; exit 3"], 60)
    pid, start = int(ended.out.split()[0]), int(ended.out.rpartition(b")")[2].split()[19])
    assert (ended.code, ended.err) == (3, b"no\n")
    assert helpers.has(pid, start)
    assert not helpers.has(pid, start + 1)
    assert not helpers.has(os.getpid(), start)


@pytest.mark.parametrize(
    ("scope", "user", "remedy"),
    [
        ("1", 1000, "(ptrace_scope 1): run as root, or sysctl kernel.yama.ptrace_scope=0"),
        ("2", 1000, "(ptrace_scope 2): run as root, or sysctl kernel.yama.ptrace_scope=1"),
        ("3", 0, "(ptrace_scope 3: nobody may until the next boot)"),
        ("", 0, "(no CAP_SYS_PTRACE): start the container with --cap-add SYS_PTRACE"),
        ("", 1000, "(it belongs to another user, or has privileges): run as that user or as root"),
    ],
)
def test_a_refusal_says_its_remedy(
    says: Any, spinning: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, scope: str, user: int, remedy: str
) -> None:
    """One Unavailable, with what helps here; then no more tries."""
    (tmp_path / "scope").write_text(scope)
    monkeypatch.setattr(pyspy, "PTRACE_SCOPE", tmp_path / "scope")
    monkeypatch.setattr(os, "geteuid", lambda: user)
    spy, calls = says(DENIED)
    said = look(Stacks(spy), spinning, ranks={spinning: 0}, times=5)
    assert said == [Unavailable("thread.frame", f"py-spy may not read this process {remedy}")]
    assert calls() == [str(spinning)]


def test_who_is_refused_as_a_stranger_is_asked_again_as_a_rank(says: Any, spinning: int) -> None:
    """Before a program takes up our step protocol Yama keeps py-spy out; after it, it may let it in."""
    spy, calls = says(DENIED)
    stacks = Stacks(spy)
    assert len(look(stacks, spinning, times=3)) == 1
    assert len(calls()) == 1
    assert look(stacks, spinning, ranks={spinning: 0}, times=3) == []
    assert len(calls()) == 2


@pytest.mark.parametrize("place", ["bin", "../../../bin", "../../Scripts"])
def test_py_spy_is_found_where_pip_put_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str) -> None:
    """`pip --target` puts it into a `bin` beside the package, and has the package say `../../bin`."""
    site = tmp_path / "lib" / "python" / "site-packages"
    told = "../../bin" if place == "bin" else place
    program = Path(os.path.normpath(site / place / "py-spy"))
    for made in (program, site / "py_spy-0.4.1.dist-info" / "RECORD"):
        made.parent.mkdir(parents=True)
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    (site / "py_spy-0.4.1.dist-info" / "METADATA").write_text("Metadata-Version: 2.1\nName: py-spy\nVersion: 0.4.1\n")
    (site / "py_spy-0.4.1.dist-info" / "RECORD").write_text(f"{told}/py-spy,,\npy_spy-0.4.1.dist-info/METADATA,,\n")
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    monkeypatch.setattr(sys, "path", [str(site), *sys.path])
    monkeypatch.setenv("PATH", str(tmp_path))
    found = pyspy._find()
    assert found is not None
    assert Path(found).samefile(program)


def test_no_py_spy_is_said_once(spinning: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With how to get it; nothing is tried any more."""
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    monkeypatch.setattr(sys, "path", [])
    monkeypatch.setenv("PATH", str(tmp_path))
    [said] = look(Stacks(PySpy(Helpers())), spinning, times=3)
    assert said == Unavailable("thread.frame", "py-spy is not installed here: pip install py-spy")


def test_an_unsupported_python_is_told(says: Any, spinning: int) -> None:
    """By the version that py-spy names."""
    spy, _ = says("echo 'Error: Unsupported version of Python: 3.99.0' >&2; exit 1")
    [said] = look(Stacks(spy), spinning, ranks={spinning: 0}, times=3)
    assert isinstance(said, Unavailable)
    assert "Unsupported version of Python: 3.99.0" in said.reason


def test_a_process_without_an_answer_is_given_up_quietly(says: Any, spinning: int) -> None:
    """It may be starting or no Python after all: it is asked some times, and nothing is said."""
    spy, calls = says(NO_PYTHON)
    assert look(Stacks(spy), spinning, ranks={spinning: 0}, times=10) == []
    assert len(calls()) == TRIES


def test_what_is_no_python_is_never_asked(says: Any) -> None:
    """Its executable tells."""
    spy, calls = says(NO_PYTHON)
    child = subprocess.Popen(["sleep", "100"])
    assert look(Stacks(spy), child.pid, times=3) == []
    child.kill()
    child.wait()
    assert calls() == []


def test_a_process_that_has_gone_is_no_refusal(says: Any) -> None:
    """Whatever py-spy says of it."""
    child = subprocess.Popen(["true"])
    child.wait()
    spy, _ = says(DENIED)
    assert spy.ask(child.pid).problem is Problem.NO_ANSWER


@pytest.mark.parametrize("kernel", ["new", "old"])
def test_a_py_spy_that_hangs_is_killed_and_given_up(
    says: Any, spinning: int, monkeypatch: pytest.MonkeyPatch, kernel: str
) -> None:
    """After some times in a row; that is said. So it is before Linux 5.3, which has no pidfd."""
    if kernel == "old":
        monkeypatch.setattr(os, "pidfd_open", _no_such_call)
    spy, calls = says("exec sleep 1000", patience_s=0.2)
    [said] = look(Stacks(spy), spinning, ranks={spinning: 0}, times=10)
    assert said == Unavailable("thread.frame", "py-spy did not answer within 0.2 s")
    assert len(calls()) == TRIES


def _no_such_call(_pid: int) -> int:
    raise OSError(errno.ENOSYS, "Function not implemented")


@settings(deadline=None)
@given(st.binary() | ANY_JSON.map(lambda value: json.dumps(value).encode()))
def test_no_output_is_too_odd(text: bytes) -> None:
    """What py-spy never says makes no thread, and raises nothing."""
    for thread in parse(text):
        assert isinstance(thread.tid, int)
        assert all(frame.isprintable() and frame for frame in thread.frames)


@settings(deadline=None)
@given(st.text(), st.text(), st.integers(-5, 10**6))
def test_a_frame_can_be_written_down(function: str, file: str, line: int) -> None:
    """Whatever was read as a function's name comes back from the record as it went in."""
    frame = {"name": function, "filename": file, "line": line}
    for thread in parse(json.dumps([{"os_thread_id": 7, "thread_name": function, "frames": [frame]}]).encode()):
        for shown in thread.frames:
            record = FrameReading(1, 7, (7,), (shown,))
            assert decode(encode(record)) == record


def test_py_spys_own_words() -> None:
    """As version 0.4.3 prints them: the file's own name, the innermost frame first."""
    frames = [
        {"name": "Condition.wait", "filename": "/lib/threading.py", "line": 327},
        {"name": "<module>", "filename": "train.py", "line": 3},
        {"name": "no_line", "filename": "a.py", "line": 0},
    ]
    [thread] = parse(json.dumps([{"os_thread_id": 9, "thread_name": "MainThread", "frames": frames}]).encode())
    assert (thread.tid, thread.name) == (9, "MainThread")
    assert thread.frames == ("Condition.wait threading.py:327", "<module> train.py:3", "no_line a.py")


@settings(deadline=None)
@given(st.sets(st.integers(1, 20), max_size=8), st.sets(st.integers(21, 60), max_size=30))
def test_everybody_gets_a_turn(ranks: set[int], others: set[int]) -> None:
    """Ranks first, nobody too soon; each as often as others of its kind, or as all where ranks get their third so."""
    turns, asked = Turns(), []
    for tick in range(100):
        pid = turns.next(ranks, others, tick / 2)
        asked.append((tick / 2, pid))
    for one in ranks | others:
        own = [at for at, pid in asked if pid == one]
        assert all(after - before >= AGAIN_S for before, after in itertools.pairwise(own))
    times = Counter(pid for _, pid in asked)
    assert all(_spread(times, kind) <= 1 for kind in (ranks, others))
    if len(others) <= OTHERS_IN_A_ROW * len(ranks):
        assert _spread(times, ranks | others) <= 2
    if ranks:
        assert asked[0][1] in ranks


def _spread(times: Counter[int | None], pids: set[int]) -> int:
    counts = [times[pid] for pid in pids]
    return max(counts, default=0) - min(counts, default=0)


def test_newcomers_dont_put_ranks_off() -> None:
    """Loaders that are started anew at each epoch have all waited longest."""
    turns, ranks = Turns(), {1, 2}
    asked = [turns.next(ranks, {10 + tick, 11 + tick}, 2.0 * tick) for tick in range(30)]
    assert sum(pid in ranks for pid in asked) >= 10


def test_a_program_is_looked_up_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether a process is a Python is found out again only when it has become another program."""
    looked_up: list[int] = []

    class Spy:
        def ask(self, pid: int) -> Answer:
            return Answer(problem=Problem.HANGS)

    def is_python(pid: int) -> bool:
        looked_up.append(pid)
        return False

    monkeypatch.setattr("mlperf_tui.sampling.stacks.is_python", is_python)
    stacks = Stacks(Spy())  # type: ignore[arg-type]
    for start, comm in ((7, "bash"), (7, "bash"), (7, "python"), (8, "python"), (8, "python")):
        stacks.look({5: Stat(1, "S", start, 0.0, 1, 0, comm)}, {}, [Task(5, 5, comm, "S")])
    assert looked_up == [5, 5, 5]


def test_a_rank_is_asked_for_its_main_thread_though_it_sleeps() -> None:
    """Where it waits is what one wants to know."""

    class Spy:
        def ask(self, pid: int) -> Answer:
            return Answer(parse(json.dumps([{"os_thread_id": 5, "frames": [{"name": "f"}]}]).encode()))

    stacks = Stacks(Spy())  # type: ignore[arg-type]
    records, pid, _ = stacks.look({5: Stat(1, "S", 1, 0, 1, 0)}, {5: 0}, [])
    assert pid == 5
    assert isinstance(records[1], FrameReading)
    assert records[1].frames == ("f",)
