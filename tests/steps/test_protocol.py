"""The step protocol as a training loop uses it: what it writes, and that nothing there can disturb the training."""

from __future__ import annotations

import ast
import math
import os
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import mlperf_tui.steps
from mlperf_tui.records import About, Clock, Late, Mark, Step
from mlperf_tui.steps import Steps
from mlperf_tui.steps.facts import identity
from tests.steps.loops import PLAIN, loop, records, whole_lines

PACKAGE = Path(mlperf_tui.steps.__file__).parent


@pytest.fixture
def session(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A session's directory, told by the environment."""
    monkeypatch.setenv("MLPERF_TUI_STEPS", str(tmp_path))
    return tmp_path


def test_without_a_session_nothing_happens(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every call returns, the batches pass through, and no file appears."""
    monkeypatch.delenv("MLPERF_TUI_STEPS", raising=False)
    monkeypatch.chdir(tmp_path)
    steps = Steps(samples_per_step=4)
    for _ in steps.over([1, 2]):
        steps.end(loss=1.0)
    steps.mark("run_start")
    steps.about(target=0.5)
    steps.close()
    assert list(steps.over(range(3))) == [0, 1, 2]
    assert list(tmp_path.iterdir()) == []


def test_the_exposed_all_reduce_is_that_steps_own(session: Path) -> None:
    """Told from the second step on, when it is known whether a GPU computes; a stop without a start says nothing."""
    steps = Steps(samples_per_step=4)
    for exchanges in (True, True, False):
        if exchanges:
            steps.allreduce_start()
        steps.allreduce_stop()
        steps.end(loss=1.0)
    steps.close()
    told = [one.exposed_allreduce_s for one in records(session / "steps-0-0.jsonl") if isinstance(one, Late)]
    assert (told[0], told[2]) == (None, None)
    assert told[1] is not None
    assert 0 <= told[1] < 10


def test_the_three_lines_of_a_plain_loop(session: Path) -> None:
    """Clock, About, then a Step and its Late line each time, numbered from 0; times in order and in their parts."""
    done = loop(PLAIN.format(steps=3), session)
    assert (done.stdout, done.stderr, done.returncode) == ("trained\n", "", 0)
    found = records(session / "steps-0-0.jsonl")
    assert [type(record) for record in found] == [Clock, About, Step, Late, Step, Late, Step, Late]
    clock, about = found[0], found[1]
    steps = [record for record in found if isinstance(record, Step)]
    late = [record for record in found if isinstance(record, Late)]
    assert isinstance(clock, Clock)
    assert isinstance(about, About)
    assert (about.rank, about.world, about.precision, about.samples_per_step, about.target) == (0, 1, "fp32", 32, 0.9)
    assert [step.n for step in steps] == [record.n for record in late] == [0, 1, 2]
    assert [step.samples for step in steps] == [32, 32, 32]
    assert clock.t <= steps[0].t <= steps[1].t <= steps[2].t
    assert [record.loss for record in late] == pytest.approx([1, 0.5, 1 / 3], rel=1e-5)
    assert {record.lr for record in late} == {0.5}


def test_waiting_for_data_is_not_the_steps_own_time(session: Path) -> None:
    """A slow loader shows as `data_s`, slow training as `host_s`; what lies between two loops is in neither."""
    code = """
import time
from mlperf_tui.steps import Steps
steps = Steps()
def slow():
    for i in range(2):
        time.sleep(0.2)
        yield i
for _ in range(2):
    for batch in steps.over(slow()):
        time.sleep(0.1)
        steps.end()
    time.sleep(0.6)
"""
    assert loop(code, session).returncode == 0
    steps = [record for record in records(session / "steps-0-0.jsonl") if isinstance(record, Step)]
    assert len(steps) == 4
    assert all(step.data_s is not None and step.data_s >= 0.2 for step in steps)
    assert all(step.host_s is not None and step.host_s >= 0.1 for step in steps)
    wall = (steps[-1].t - steps[0].t) / 1e9
    told = sum((step.data_s or 0) + (step.host_s or 0) for step in steps[1:])
    assert wall - told >= 0.59


def test_a_restart_gets_a_file_of_its_own(session: Path) -> None:
    """A second process of the same rank never writes into the first one's file."""
    for _ in range(3):
        loop(PLAIN.format(steps=1), session)
    files = sorted(path.name for path in session.iterdir())
    assert files == ["steps-0-0.jsonl", "steps-0-1.jsonl", "steps-0-2.jsonl"]
    assert {len(path.read_bytes().splitlines()) for path in session.iterdir()} == {4}
    assert {path.stat().st_mode & 0o777 for path in session.iterdir()} == {0o600}


@pytest.mark.parametrize(
    ("env", "told"),
    [
        ({"RANK": "5", "WORLD_SIZE": "8", "LOCAL_RANK": "1"}, (5, 8, 1)),
        ({"OMPI_COMM_WORLD_RANK": "2", "OMPI_COMM_WORLD_SIZE": "4", "OMPI_COMM_WORLD_LOCAL_RANK": "2"}, (2, 4, 2)),
        ({"SLURM_PROCID": "3", "SLURM_NTASKS": "4", "SLURM_LOCALID": "1"}, (3, 4, 1)),
        ({"RANK": "1", "SLURM_PROCID": "0", "WORLD_SIZE": "2"}, (1, 2, 0)),
        ({"RANK": "none"}, (0, 1, 0)),
    ],
)
def test_the_launcher_says_the_rank(session: Path, env: dict[str, str], told: tuple[int, int, int]) -> None:
    """torchrun's names first, then Open MPI's and Slurm's; the file is named after the rank."""
    loop(PLAIN.format(steps=1), session, **env)
    [file] = session.iterdir()
    about = next(record for record in records(file) if isinstance(record, About))
    assert file.name == f"steps-{told[0]}-0.jsonl"
    assert (about.rank, about.world, about.local_rank) == told


def test_identity_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a launcher a process is rank 0 of 1."""
    for name in ("RANK", "WORLD_SIZE", "LOCAL_RANK", "SLURM_PROCID", "SLURM_NTASKS", "SLURM_LOCALID"):
        monkeypatch.delenv(name, raising=False)
    assert identity() == {"rank": 0, "world": 1, "local_rank": 0}


def test_a_forked_child_does_not_write(session: Path) -> None:
    """A loader's worker inherits the object and even the descriptor, but not the right to the file."""
    code = """
import os
from mlperf_tui.steps import Steps
steps = Steps()
steps.end(loss=1)
if os.fork() == 0:
    steps.end(loss=2)
    steps.mark("from_the_child")
    steps.close()
    os._exit(0)
os.wait()
steps.end(loss=3)
"""
    assert loop(code, session).returncode == 0
    [file] = session.iterdir()
    found = records(file)
    assert [record.loss for record in found if isinstance(record, Late)] == [1, 3]
    assert not any(isinstance(record, Mark) for record in found)


def test_a_forked_child_lets_go_of_nothing(session: Path) -> None:
    """CUDA's events would be freed in the child, which ends it: what the parent holds there stays held."""
    code = """
import os
from mlperf_tui.steps import Steps
class Events:
    def __del__(self):
        if os.getpid() != parent:
            os.write(1, b"freed in the child")
    def rest(self, until):
        return ()
parent = os.getpid()
steps = Steps()
steps._gpu = Events()
if os.fork() == 0:
    os._exit(0)
os.wait()
print("trained")
"""
    assert loop(code, session).stdout == "trained\n"


def test_a_loss_is_compared_with_nothing(session: Path) -> None:
    """A tensor's == is an operation of torch's: on the way through the protocol it never runs."""

    class Tensor:
        __hash__ = None  # type: ignore[assignment]

        def __eq__(self, other: object) -> bool:
            raise AssertionError("compared")

        def item(self) -> float:
            return 0.5

    steps = Steps()
    steps.end(loss=Tensor())
    steps.close()
    assert [record.loss for record in records(session / "steps-0-0.jsonl") if isinstance(record, Late)] == [0.5]


def test_a_full_disk_from_the_start(session: Path) -> None:
    """Every write fails with ENOSPC, as on /dev/full: training doesn't notice."""
    full = "import os; real = os.open; os.open = lambda path, *rest: real('/dev/full', os.O_WRONLY)\n"
    done = loop(PLAIN.format(steps=50), session, prelude=full)
    assert (done.stdout, done.stderr, done.returncode) == ("trained\n", "", 0)
    assert list(session.iterdir()) == []


FILLS = """
import resource, signal, os
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (1500, resource.RLIM_INFINITY))
from mlperf_tui.steps import Steps
steps = Steps()
for n in range(60):
    if n == 40:
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    steps.end(loss=n)
"""


def test_a_torn_line_costs_no_other(session: Path) -> None:
    """The disk fills in mid-line and has room again later: one line is torn, the next begins anew."""
    done = loop(FILLS, session)
    assert (done.stderr, done.returncode) == ("", 0)
    found, lost = whole_lines(session / "steps-0-0.jsonl")
    numbers = [record.n for record in found if isinstance(record, Step)]
    assert lost <= 1
    assert numbers[-20:] == list(range(40, 60))
    assert numbers == sorted(set(numbers))
    assert len(numbers) < 60


def test_a_vanished_directory(session: Path) -> None:
    """Removed while training runs, or before it starts: nothing is raised and nothing is printed."""
    code = "import os, shutil\n" + PLAIN.format(steps=5).replace(
        "    steps.end", "    shutil.rmtree(os.environ['MLPERF_TUI_STEPS'], ignore_errors=True)\n    steps.end"
    )
    for _ in range(2):
        done = loop(code, session)
        assert (done.stdout, done.stderr, done.returncode) == ("trained\n", "", 0)
    assert not session.exists()


def test_a_directory_without_the_right_to_write(tmp_path: Path) -> None:
    """A file where the directory should be: no session, no complaint."""
    file = tmp_path / "file"
    file.write_text("")
    assert loop(PLAIN.format(steps=2), file).stdout == "trained\n"


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    loss=st.none() | st.floats(width=32),
    lr=st.none() | st.floats(0, 100),
    norm=st.none() | st.floats(0, 1e30),
    scale=st.none() | st.floats(1, 2.0**24),
    skipped=st.none() | st.booleans(),
    samples=st.none() | st.integers(0, 2**40),
)
def test_values_come_back(
    session: Path,
    loss: float | None,
    lr: float | None,
    norm: float | None,
    scale: float | None,
    skipped: bool | None,
    samples: int | None,
) -> None:
    """What was told is what a reader finds, to six digits; NaN and the infinities too."""
    for file in session.iterdir():
        file.unlink()
    steps = Steps()
    steps.end(samples=samples, loss=loss, lr=lr, grad_norm=norm, loss_scale=scale, skipped=skipped)
    steps.close()
    found = records(session / "steps-0-0.jsonl")
    step = next(record for record in found if isinstance(record, Step))
    assert (step.n, step.samples) == (0, samples)
    late = next((record for record in found if isinstance(record, Late)), Late(0))
    for told, read in ((loss, late.loss), (lr, late.lr), (norm, late.grad_norm), (scale, late.loss_scale)):
        assert read == (None if told is None else pytest.approx(told, rel=1e-5, nan_ok=True))
    assert late.skipped == skipped


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_a_loss_that_is_no_number(session: Path, value: float) -> None:
    """A diverged training is still recorded, by what its loss is."""
    steps = Steps()
    steps.end(loss=value)
    steps.close()
    [late] = [record for record in records(session / "steps-0-0.jsonl") if isinstance(record, Late)]
    assert str(late.loss) == str(value)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    value=st.recursive(
        st.none()
        | st.booleans()
        | st.integers(-(2**53), 2**53)
        | st.floats(allow_nan=False, allow_infinity=False)
        | st.text(),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
        max_leaves=5,
    ),
)
def test_marks_come_back(session: Path, value: Any) -> None:
    """Any JSON value, with newlines and quotes in it or not; lists come back as tuples."""
    for file in session.iterdir():
        file.unlink()
    steps = Steps()
    steps.mark("eval_accuracy", value, epoch_num=3)
    steps.close()
    [mark] = [record for record in records(session / "steps-0-0.jsonl") if isinstance(record, Mark)]
    assert (mark.key, mark.metadata) == ("eval_accuracy", {"epoch_num": 3})
    assert mark.value == _tuples(value)


def _tuples(value: Any) -> Any:
    """As a frozen record holds it."""
    if isinstance(value, dict):
        return {key: _tuples(item) for key, item in value.items()}
    return tuple(_tuples(item) for item in value) if isinstance(value, list) else value


def test_a_value_that_json_does_not_know(session: Path) -> None:
    """It is written as its text; an object that can't even say that loses its own line only."""

    class Mute:
        def __str__(self) -> str:
            raise ValueError

    steps = Steps()
    steps.mark("where", Path("/data"))
    steps.mark("what", Mute())
    steps.mark("end")
    steps.close()
    found = [record for record in records(session / "steps-0-0.jsonl") if isinstance(record, Mark)]
    assert [(mark.key, mark.value) for mark in found] == [("where", "/data"), ("end", None)]


def test_about_adds_to_what_was_said(session: Path) -> None:
    """The last About holds all that is known; None and unknown fields do no harm."""
    steps = Steps(samples_per_step=8, precision="fp32")
    steps.about(target=None, made_up=1)
    steps.about(target=0.9)
    steps.close()
    abouts = [record for record in records(session / "steps-0-0.jsonl") if isinstance(record, About)]
    assert [about.target for about in abouts] == [None, 0.9]
    assert {about.precision for about in abouts} == {"fp32"}
    assert abouts[-1].pid == os.getpid()


def test_after_close_nothing_is_written(session: Path) -> None:
    """Closing twice and going on are both harmless."""
    steps = Steps()
    steps.close()
    size = (session / "steps-0-0.jsonl").stat().st_size
    steps.end(loss=1.0)
    steps.mark("run_stop")
    steps.close()
    assert (session / "steps-0-0.jsonl").stat().st_size == size


def test_a_tensor_that_fails_costs_its_late_line_only(session: Path) -> None:
    """Whatever a foreign object raises when it is read, training goes on and the step itself is there."""

    class Broken:
        def item(self) -> float:
            raise RuntimeError("device lost")

    steps = Steps()
    steps.end(loss=Broken())
    steps.end(loss=1.0)
    steps.close()
    found = records(session / "steps-0-0.jsonl")
    assert [record.n for record in found if isinstance(record, Step)] == [0, 1]
    assert [record.n for record in found if isinstance(record, Late)] == [1]


def test_it_never_imports_torch(session: Path) -> None:
    """In a fresh process a whole loop leaves torch, numpy and the rest of the tool unloaded."""
    code = PLAIN.format(steps=2) + (
        "import sys; print([m for m in sys.modules if m in {'torch', 'numpy', 'psutil', 'textual'} "
        "or (m.startswith('mlperf_tui.') and not m.startswith('mlperf_tui.steps'))])"
    )
    assert loop(code, session).stdout == "trained\n[]\n"


def test_cpu_tensors_are_read(session: Path) -> None:
    """Where torch is loaded and trains on the CPU, a loss tensor is its number, and About has torch's version."""
    import torch

    steps = Steps()
    steps.end(loss=torch.tensor(0.25, requires_grad=True))
    steps.close()
    found = records(session / "steps-0-0.jsonl")
    assert [record.loss for record in found if isinstance(record, Late)] == [0.25]
    assert [record.torch for record in found if isinstance(record, About)] == [torch.__version__]


@pytest.mark.parametrize("file", [*sorted(PACKAGE.glob("*.py")), PACKAGE.parent / "__init__.py"], ids=lambda p: p.name)
def test_python_3_9_reads_it(file: Path) -> None:
    """Its grammar is Python 3.9's: a workload may run in another environment than the tool's."""
    ast.parse(file.read_text(), feature_version=(3, 9))


def _python_3_9() -> str | None:
    """A Python 3.9 that starts, if there is one."""
    import subprocess

    found = shutil.which("python3.9")
    if found is None:
        return None
    works = subprocess.run([found, "-c", ""], capture_output=True, check=False).returncode == 0
    return found if works else None


def test_python_3_9_runs_it(session: Path) -> None:
    """The plain loop under an old Python where there is one, else under this one."""
    import subprocess

    python = _python_3_9() or sys.executable
    env = {"MLPERF_TUI_STEPS": str(session), "PYTHONPATH": str(PACKAGE.parents[1])}
    done = subprocess.run(
        [python, "-c", PLAIN.format(steps=2)], env=env, capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.stdout, done.stderr) == ("trained\n", "")
    assert len([r for r in records(session / "steps-0-0.jsonl") if isinstance(r, Step)]) == 2
