"""`--compile`: what it needs, how it is told apart from the steps, and that training takes the same course with it."""

from __future__ import annotations

import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from mlperf_tui.steps import Steps
from tests.workloads.programs import QUICK, keys, run
from tests.workloads.test_resnet50_parts import CPU, mini_imagenet
from tests.workloads.test_resnet50_runs import losses
from workloads.common.compiled import called, compiling
from workloads.common.marks import Marks
from workloads.common.options import COMPILE_MODES, Refusal, parse, parser
from workloads.common.precision import resolve
from workloads.common.progress import Progress
from workloads.common.refusals import refuse_compile
from workloads.common.training import Run
from workloads.ssd.task import Detector

COMPILED = ("--compile", "--compile-mode", "reduce-overhead")


@pytest.fixture
def no_compilers(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """A machine with Python's headers and triton, but without any compiler."""
    for name in ("CC", "CXX"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.setattr("workloads.common.refusals.importlib.util.find_spec", lambda name: name)
    return monkeypatch


@pytest.mark.parametrize(
    ("kind", "variable", "says"),
    [
        ("cpu", "CXX", r"a C\+\+ compiler, and there is no g\+\+ here"),
        ("cuda", "CC", "a C compiler, .* no gcc or clang"),
    ],
)
def test_compiling_needs_a_compiler(no_compilers: pytest.MonkeyPatch, kind: str, variable: str, says: str) -> None:
    """C++ for a CPU's kernels, C for triton's; the one that CXX or CC names is looked for instead, and may be there."""
    with pytest.raises(Refusal, match=says):
        refuse_compile(kind)
    no_compilers.setenv(variable, "nosuchone")
    with pytest.raises(Refusal, match="no nosuchone here"):
        refuse_compile(kind)
    no_compilers.setenv(variable, sys.executable)
    refuse_compile(kind)


def test_compiling_for_a_gpu_needs_triton(monkeypatch: pytest.MonkeyPatch) -> None:
    """A CPU does without it."""
    monkeypatch.setattr("workloads.common.refusals.importlib.util.find_spec", lambda name: None)
    with pytest.raises(Refusal, match="needs triton on a GPU"):
        refuse_compile("cuda")
    refuse_compile("cpu")


def test_compiling_needs_pythons_headers(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Many a container has Python without them."""
    monkeypatch.setattr("workloads.common.refusals.sysconfig.get_path", lambda name: str(tmp_path / name))
    with pytest.raises(Refusal, match=r"needs Python\.h"):
        refuse_compile("cpu")


def test_compiling_is_refused_before_torch_where_a_cpu_was_asked_for() -> None:
    """Nothing else needs to be known."""
    code = (
        "import sys; from workloads.resnet50.__main__ import main\n"
        "try: main(['--compile', '--device', 'cpu'])\n"
        "except Exception as error: print(error, 'torch' in sys.modules)"
    )
    done = run(program=[sys.executable, "-c", code], CXX="nosuchone")
    assert "there is no nosuchone here" in done.stdout
    assert done.stdout.endswith(" False\n")


def test_compiling_is_refused_once_the_device_is_known() -> None:
    """Left to the machine, the device is known only later: still before anything starts."""
    done = run("--compile", PATH="/nowhere", CC="nosuchone", CXX="nosuchone")
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert "there is no nosuchone here" in done.stderr


def test_tf32_is_told_by_both_names(monkeypatch: pytest.MonkeyPatch) -> None:
    """torch.compile asks by the older name for matrices, and torch raises there when the two disagree."""
    monkeypatch.setattr("torch.cuda.get_device_capability", lambda device: (9, 0))
    for name, older, newer in (("tf32", "high", "tf32"), ("fp32", "highest", "ieee")):
        resolve(name, torch.device("cuda"))
        assert (torch.get_float32_matmul_precision(), torch.backends.cuda.matmul.fp32_precision) == (older, newer)
        assert torch.backends.cudnn.conv.fp32_precision == newer  # type: ignore[attr-defined]


def test_the_mode_is_torchs_and_needs_compile() -> None:
    """By torch's names, which are told in the headline; alone it would change nothing."""
    made = parser("resnet50", "", "digits", "")
    asked = parse(made, ["--compile", "--compile-mode=reduce-overhead"])
    assert called(compiled=asked.compile, mode=asked.compile_mode) == "compiled (reduce-overhead)"
    assert called(compiled=True, mode=None) == "compiled"
    assert called(compiled=False, mode=None) == ""
    with pytest.raises(Refusal, match="give both"):
        parse(made, ["--compile-mode=reduce-overhead"])
    assert set(COMPILE_MODES) <= set(torch._inductor.list_mode_options())


def test_compiling_is_marked_and_timed(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """The step that compiles says so before and after; any other step says nothing."""
    clock = iter([100.0, 141.2])
    monkeypatch.setattr("workloads.common.compiled.time.monotonic", lambda: next(clock))
    with compiling(Marks(Steps()), now=False):
        assert capsys.readouterr().out == ""
    with compiling(Marks(Steps()), now=True):
        assert '"compile_start"' in capsys.readouterr().out
    line, mark = capsys.readouterr().out.splitlines()
    assert line == "compiled in 41 s"
    assert '"compile_stop"' in mark


def test_progress_starts_over(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """A first step of a minute is in no rate; where no other step was taken, there is no rate at all."""
    clock = iter([0.0, 1.0, 60.0, 61.0, 64.0, 65.0])
    monkeypatch.setattr("workloads.common.progress.time.monotonic", lambda: next(clock))
    progress = Progress(CPU, batch=32)
    progress.epoch(1)
    progress.start_over()
    progress.step(2, torch.tensor(0.5))
    progress.trained(torch.tensor(0.25))
    progress.line(2, "")
    progress.start_over()
    progress.line(2, "")
    assert capsys.readouterr().out.splitlines() == [
        "epoch 1  step 2  loss 0.2500  8 images/s",
        "epoch 1  step 2  loss 0.2500",
    ]


def noise(root: Path) -> Path:
    """ImageNet's layout, 20 images of noise in each part.

    Images that look alike won't do: batch normalisation divides by their small spread, and an input that is moved by a
    millionth has another loss by 1 % after three steps, compiled or not.
    """
    dice = np.random.default_rng(1)
    for path in mini_imagenet(root, images=10).rglob("*.JPEG"):
        Image.fromarray(dice.integers(0, 256, (40, 40, 3), dtype=np.uint8)).save(path, "JPEG")
    return root


@pytest.mark.parametrize(
    ("kind", "world", "asked", "mode"),
    [
        ("cuda", 1, None, "reduce-overhead"),
        ("cuda", 2, None, None),
        ("cuda", 1, "default", "default"),
        ("cuda", 2, "reduce-overhead", "reduce-overhead"),
        ("cpu", 1, None, None),
    ],
)
def test_a_workloads_own_mode_is_for_one_gpu(kind: str, world: int, asked: str | None, mode: str | None) -> None:
    """Where none is asked for: a CPU has no graphs to launch, and several GPUs exchange gradients in between."""
    group = SimpleNamespace(ranks=SimpleNamespace(world=world))
    run: Any = SimpleNamespace(task=Detector, setting=SimpleNamespace(device=torch.device(kind)), group=group)
    run.options = SimpleNamespace(compile_mode=asked)
    assert Run.compile_mode.fget(run) == mode  # type: ignore[attr-defined]


@pytest.mark.timeout(600)
def test_compiled_it_takes_the_same_course(tmp_path: Path) -> None:
    """Three epochs of one step: compiled once, told apart from the steps, and the losses are those of eager.

    The mode is the one of CUDA graphs, which leaves a CPU as it is. Evaluation lies in between, and its last batch is
    smaller than the others: neither has anything compiled again. Minutes begin behind the step that compiles.
    """
    options = (*QUICK, "--data", str(noise(tmp_path / "noise")), "--batch", "16", "--epochs", "3", "--target", "1")
    course = {}
    for name, more in (("eager", []), ("compiled", [*COMPILED, "--minutes", "0.25"])):
        (tmp_path / name).mkdir()
        done = run(*options, *more, MLPERF_TUI_STEPS=str(tmp_path / name), TORCH_LOGS="recompiles")
        assert done.returncode == 0, done.stderr
        course[name] = [loss for loss in losses(tmp_path / name) if loss is not None]
    assert len(course["eager"]) == 3
    assert course["compiled"] == pytest.approx(course["eager"], rel=0.001)
    assert "ecompil" not in done.stderr
    assert "fp32, compiled (reduce-overhead), batch 16, on CPU" in done.stdout
    assert sum(line.startswith("compiled in ") for line in done.stdout.splitlines()) == 1
    assert ["images/s" in line for line in done.stdout.splitlines() if line.startswith("epoch ")] == [False, True, True]
    said = keys(done.stdout)
    assert said[said.index("epoch_start") :][:4] == ["epoch_start", "compile_start", "compile_stop", "epoch_stop"]
    assert said.count("compile_start") == 1
