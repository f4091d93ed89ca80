"""What `doctor` finds in each room but the GPUs', by files, environments and answers that are made up."""

from __future__ import annotations

import os
import sys
import threading
from pathlib import Path
from types import SimpleNamespace

import pytest

from mlperf_tui.doctor import frames as frames_module
from mlperf_tui.doctor.cgroup import cpu_limit, memory_limit
from mlperf_tui.doctor.frames import ALLOWING, SLEEPER, frames
from mlperf_tui.doctor.host import memory, processors, shared_memory
from mlperf_tui.doctor.pairs import nearest_cpus, peer_access
from mlperf_tui.doctor.patience import within
from mlperf_tui.doctor.remedies import ELSE, remedy
from mlperf_tui.doctor.sessions import at_logout, existing, file_system, sessions
from mlperf_tui.doctor.terminal import terminal
from mlperf_tui.doctor.torch import torch
from mlperf_tui.doctor.torch_asked import ask
from mlperf_tui.report.doctor import Finding
from mlperf_tui.sampling.gpu import words
from mlperf_tui.sampling.gpu.topology import Seat, Topology
from mlperf_tui.sampling.pyspy import Answer, Problem, PythonThread

GIB = 1 << 30
READ = Answer(threads=(PythonThread(1, "MainThread", ("wait a.py:1",)),))
REFUSED = Answer(problem=Problem.REFUSED, reason="py-spy may not read this process (ptrace_scope 2): run as root")


def by_what(found: list[Finding]) -> dict[str, Finding]:
    return {one.what: one for one in found}


# Threads' frames


def scope(tmp_path: Path, value: str) -> Path:
    file = tmp_path / "ptrace_scope"
    file.write_text(value)
    return file


def test_where_all_may_be_read(tmp_path: Path) -> None:
    """ptrace_scope 0, or a capability."""
    found = frames(lambda code: READ, scope(tmp_path, "0\n"))
    assert (found.state, found.remedy) == ("shown", "")
    assert "ptrace_scope 0" in found.says
    assert "no Yama" in frames(lambda code: READ, tmp_path / "none").says


def test_where_only_those_that_let_us_in_may(tmp_path: Path) -> None:
    """ptrace_scope 1: the ranks that we start say PR_SET_PTRACER, others don't."""
    asked: list[str] = []

    def answer(code: str) -> Answer:
        asked.append(code)
        return REFUSED if code == SLEEPER else READ

    found = frames(answer, scope(tmp_path, "1\n"))
    assert found.state == "partly"
    assert "ptrace_scope 1" in found.says
    assert "sysctl kernel.yama.ptrace_scope=0" in found.remedy
    assert asked == [SLEEPER, ALLOWING.format(pid=os.getpid())]


@pytest.mark.parametrize("value", ["2\n", "3\n"])
def test_where_none_may(tmp_path: Path, value: str) -> None:
    """The sampler's own words, and what helps apart from them."""
    found = frames(lambda code: REFUSED, scope(tmp_path, value))
    assert (found.state, found.remedy) == ("missing", "run as root")
    assert found.says == "py-spy may not read this process (ptrace_scope 2)"


def test_without_py_spy(tmp_path: Path) -> None:
    none = Answer(problem=Problem.NO_PYSPY, reason="py-spy is not installed here: pip install py-spy")
    found = frames(lambda code: none, tmp_path / "none")
    assert (found.state, found.says, found.remedy) == (
        "missing", "py-spy is not installed here", "pip install py-spy",
    )  # fmt: skip


def test_the_processes_that_are_asked_wait_to_be_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """Both run until they have been asked, and are gone then."""
    pids: list[int] = []

    class Spy:
        def __init__(self, helpers: object) -> None: ...

        def ask(self, pid: int) -> Answer:
            assert Path(f"/proc/{pid}/stat").exists()
            pids.append(pid)
            return REFUSED if len(pids) == 1 else READ

    monkeypatch.setattr(frames_module, "PySpy", Spy)
    assert frames().state == "partly"
    assert len(set(pids)) == 2
    assert not any(Path(f"/proc/{pid}").exists() for pid in pids)


# Processors, memory, shared memory


def group(root: Path, path: str, **files: str) -> None:
    place = root / "sys/fs/cgroup" / path
    place.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (place / name.replace("__", ".")).write_text(text + "\n")


def test_limits_of_version_2_hold_from_above(tmp_path: Path) -> None:
    """The narrowest of the process's own group and those above it."""
    (tmp_path / "proc/self").mkdir(parents=True)
    (tmp_path / "proc/self/cgroup").write_text("0::/batch/job\n")
    group(tmp_path, "batch", cpu__max="250000 100000", memory__max=str(8 * GIB))
    group(tmp_path, "batch/job", cpu__max="400000 100000", memory__max=str(9 * GIB))
    group(tmp_path, "", cpu__max="max 100000", memory__max="max")
    group(tmp_path, "other", cpu__max="100000 100000", memory__max="1")
    assert (cpu_limit(tmp_path), memory_limit(tmp_path)) == (2.5, 8 * GIB)


def test_limits_of_version_1(tmp_path: Path) -> None:
    """A path that is the host's, as a container sees it, and a memory limit that is none."""
    (tmp_path / "proc/self").mkdir(parents=True)
    (tmp_path / "proc/self/cgroup").write_text("5:cpu,cpuacct:/docker/abc\n4:memory:/docker/abc\n")
    group(tmp_path, "cpu", cpu__cfs_quota_us="400000", cpu__cfs_period_us="100000")
    group(tmp_path, "memory", memory__limit_in_bytes="9223372036854771712")
    assert (cpu_limit(tmp_path), memory_limit(tmp_path)) == (4.0, None)


def test_without_control_groups(tmp_path: Path) -> None:
    assert (cpu_limit(tmp_path), memory_limit(tmp_path)) == (None, None)


def test_processors() -> None:
    """A quota below the affinity is worth a look: torch counts the affinity alone."""
    assert (processors(8, 8, None).state, processors(4, 128, 4.0).state) == ("shown", "shown")
    assert "4 of 128" in processors(4, 128, None).says
    narrow = processors(8, 8, 2.5)
    assert (narrow.state, "2.5" in narrow.says, "no more than 2 " in narrow.remedy) == ("partly", True, True)


def test_memory() -> None:
    assert memory(64 * GIB, None).says == memory(64 * GIB, 64 * GIB).says == "64.0 GiB"
    assert memory(64 * GIB, 8 * GIB).says == "64.0 GiB, of which the control group grants 8.0 GiB"


@pytest.mark.parametrize(
    ("blocks", "free", "state", "helps"),
    [(16_384, 16_384, "partly", "--shm-size"), (8 << 20, 1_000, "partly", "ls -lS"), (8 << 20, 8 << 20, "shown", "")],
)
def test_shared_memory(monkeypatch: pytest.MonkeyPatch, blocks: int, free: int, state: str, helps: str) -> None:
    """Docker's 64 MB, one that is full, and one of 32 GiB; in blocks of 4 KiB."""
    monkeypatch.setattr(os, "statvfs", lambda place: SimpleNamespace(f_frsize=4096, f_blocks=blocks, f_bavail=free))
    found = shared_memory(Path("/dev/shm"))
    assert (found.state, helps in found.remedy, bool(found.remedy)) == (state, True, bool(helps))


def test_no_shared_memory(tmp_path: Path) -> None:
    assert shared_memory(tmp_path / "none").state == "missing"


# torch


def python_that(path: Path, script: str) -> str:
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return str(path)


def test_this_python_has_torch() -> None:
    """The real probe: what it says of the build."""
    told = ask(sys.executable)
    assert {"torch", "cuda", "gpus", "archs", "nccl", "python"} <= told.keys()
    assert told["gloo"] is True


def test_no_torch(tmp_path: Path) -> None:
    """An environment of its own, with nothing in it: the real probe again."""
    import venv

    venv.create(tmp_path / "bare", symlinks=True)
    python = str(tmp_path / "bare/bin/python")
    [found] = torch(python, [(9, 0)])
    assert (found.state, found.says.startswith(f"{python} has none")) == ("missing", True)
    assert "pip install torch" in found.remedy


def test_a_torch_that_breaks_or_prints(tmp_path: Path) -> None:
    """The last line is the answer, whatever came before; a crash is told."""
    noisy = python_that(tmp_path / "noisy", """echo warning; echo '{"torch": "2.9.0"}'""")
    assert ask(noisy) == {"torch": "2.9.0"}
    [found] = torch(python_that(tmp_path / "dead", "kill -SEGV $$"), [])
    assert (found.state, "exit code -11" in found.says) == ("missing", True)


def test_a_torch_that_hangs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mlperf_tui.doctor.torch_asked.PATIENCE_S", 0.2)
    assert "gave no answer within 0.2 s" in ask(python_that(tmp_path / "slow", "exec sleep 100"))["error"]


def test_a_python_may_be_named_from_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And a module here is not taken for torch."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "json.py").write_text("raise SystemExit")
    (tmp_path / "python").symlink_to(sys.executable)
    assert "error" not in ask("./python")


def test_torch_is_kept_from_gpus_that_hang(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "1")
    python = python_that(tmp_path / "python", """printf '{"torch": "x", "visible": "%s"}' "$CUDA_VISIBLE_DEVICES" """)
    assert (ask(python)["visible"], ask(python, hide_gpus=True)["visible"]) == ("1", "")


def test_bf16_is_by_the_card(tmp_path: Path) -> None:
    """A V100 has it in software alone, and torch would say yes."""
    told = '{"torch": "2.9.0", "cuda": "12.8", "gpus": 1, "archs": ["sm_70"], "nccl": true}'
    found = by_what(list(torch(python_that(tmp_path / "python", f"echo '{told}'"), [(7, 0)])))
    assert (found["build"].state, found["bf16"].state) == ("shown", "partly")


@pytest.mark.parametrize(("error", "helps"), [("driver is too old", "Upgrade"), ("Error 802: x", "fabricmanager")])
def test_why_torch_sees_none(tmp_path: Path, error: str, helps: str) -> None:
    """CUDA's own words, and what helps."""
    told = f'{{"torch": "2.9.0", "cuda": "13.0", "gpus": 0, "cuda_error": "{error}", "nccl": true}}'
    found = by_what(list(torch(python_that(tmp_path / "python", f"echo '{told}'"), [(9, 0)] * 8)))["gpus"]
    assert (found.state, error in found.says, helps in found.remedy) == ("missing", True, True)


# Where GPUs sit

NEAR = [Seat(0, cpus=frozenset({0, 1}), nodes=frozenset({0})), Seat(1, cpus=frozenset({8, 9})), Seat(2)]


def test_nearest_processors() -> None:
    """Those that may not be used are worth a look; of a GPU of which nothing is told nothing is said."""
    [near, far] = nearest_cpus(NEAR, frozenset({1, 2}))
    assert (near.state, near.says, near.gpus) == ("shown", "0-1, NUMA node 0", (0,))
    assert (far.state, far.says, far.gpus) == ("partly", "8-9: this process may use none of them", (1,))


def test_pairs_that_differ_are_named() -> None:
    """Some of them, and how many there are."""
    barred = (("", "", None), ("", "", "it is not supported"), (None, "it is not supported", ""))
    found = list(peer_access(Topology(tuple(NEAR), (), barred), (0, 1, 2)))
    assert [(one.state, one.says) for one in found] == [
        ("shown", "between 1 of 3 pairs of GPUs (0-1)"),
        ("partly", "NVML does not tell of 1 of 3 pairs of GPUs (0-2)"),
        ("missing", "none between 1 of 3 pairs of GPUs (1-2): it is not supported"),
    ]


# Sessions


def test_sessions_leave_nothing(tmp_path: Path) -> None:
    found = by_what(list(sessions(tmp_path / "a/b")))
    assert found["directory"].says == f"{tmp_path / 'a/b'}, made by the first run"
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_cannot_be_written() -> None:
    """Not even root makes a file in /proc."""
    found = by_what(list(sessions(Path("/proc/sessions"))))["directory"]
    assert (found.state, "--sessions" in found.remedy) == ("missing", True)
    assert existing(Path("/proc/sessions/x")) == Path("/proc")


@pytest.mark.parametrize(
    ("kind", "state", "says"),
    [
        ("ext4", "shown", "ext4"), ("xfs", "shown", "xfs"), ("nfs4", "partly", "last written"),
        ("lustre", "partly", "last written"), ("fuse.sshfs", "partly", "last written"),
        ("tmpfs", "partly", "next boot"), ("overlay", "partly", "container"), (None, "partly", "does not tell"),
    ],
)  # fmt: skip
def test_file_systems(kind: str | None, state: str, says: str) -> None:
    found = file_system(kind)
    assert (found.state, says in found.says) == (state, True)


def test_logout() -> None:
    """Only what the login manager says is said."""
    [ends] = at_logout("b true", linger=False)
    assert (ends.state, ends.remedy) == ("partly", "loginctl enable-linger keeps them.")
    assert [one.state for one in at_logout("b true", linger=True)] == ["shown"]
    assert [one.state for one in at_logout("b false", linger=False)] == ["shown"]
    assert list(at_logout(None, linger=False)) == []


# The terminal


def test_no_terminal() -> None:
    """Nothing more to say of it."""
    [piped] = terminal({"TERM": "xterm"}, has_screen=False)
    assert (piped.state, "ssh" in piped.remedy) == ("missing", True)
    [dumb] = terminal({"TERM": "dumb"}, has_screen=False)
    assert "TERM" in dumb.remedy


@pytest.mark.parametrize(
    ("environ", "what", "state", "part"),
    [
        ({"LANG": "C.UTF-8"}, "signs", "shown", "UTF-8"),
        ({"LC_ALL": "C"}, "signs", "partly", "ASCII"),
        ({"NO_COLOR": "1"}, "colours", "shown", "NO_COLOR"),
        ({}, "copying", "shown", "OSC 52"),
        ({"TMUX": "/tmp/tmux"}, "copying", "partly", "tmux"),
        ({"STY": "1.pts"}, "copying", "partly", "screen"),
    ],
)
def test_a_terminal(environ: dict[str, str], what: str, state: str, part: str) -> None:
    found = by_what(list(terminal({"TERM": "xterm", **environ}, has_screen=True, ask_tmux=lambda: "external")))
    assert (found[what].state, part in found[what].says) == (state, True)


def test_tmux_that_passes_it_on() -> None:
    found = by_what(list(terminal({"TERM": "tmux", "TMUX": "x"}, has_screen=True, ask_tmux=lambda: "on")))
    assert found["copying"].state == "shown"


# Patience and remedies


def test_within() -> None:
    """What comes, what is raised, and what never comes."""
    assert within(60, lambda: 7) == 7
    with pytest.raises(ZeroDivisionError):
        within(60, lambda: 1 // 0)
    for_ever = threading.Event()
    with pytest.raises(TimeoutError):
        within(0.01, for_ever.wait)
    for_ever.set()


def test_each_of_the_samplers_reasons_has_a_remedy_of_its_own() -> None:
    """But the passing ones, for which one asks again."""
    reasons = [*words._CANNOT_START.values(), *words._REFUSED.values(), words.NO_GPUS, words.NEEDS_HOPPER]
    assert {reason for reason in reasons if remedy(reason) == ELSE} == {
        "the driver did not answer in time", "the driver answered with an unknown error",
    }  # fmt: skip
