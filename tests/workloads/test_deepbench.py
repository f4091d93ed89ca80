"""DeepBench's matrix products: the list, the arithmetic of one, and a pass."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
import torch

from mlperf_tui.records import Step, decode
from tests.workloads.programs import keys, marks, run
from workloads.common.options import Refusal
from workloads.deepbench.gauge import Flops
from workloads.deepbench.problem import geometric_mean, up_to
from workloads.deepbench.timing import repeats_for, seconds
from workloads.deepbench_gemm.__main__ import main
from workloads.deepbench_gemm.measure import MOST_FLOP
from workloads.deepbench_gemm.problems import Gemm, problems
from workloads.deepbench_gemm.work import prepare

PROGRAM = [sys.executable, "-m", "workloads.deepbench_gemm", "--device", "cpu"]
CPU = torch.device("cpu")


def test_the_list_is_deepbenchs() -> None:
    """160 different sizes, 26.7 TFLOP in all, as DeepBench's own spreadsheet adds up to."""
    every = problems()
    assert len(set(every)) == len(every) == 160
    assert sum(problem.flop for problem in every) == pytest.approx(26.7e12, rel=0.001)
    assert sum(problem.layout == "NT" for problem in every) == 4 + 2 + 4
    assert {Gemm(35, 8457, 4096, "TN"), Gemm(512, 16, 500_000, "NN"), Gemm(1024, 700, 512, "TN")} <= set(every)


@pytest.mark.parametrize(("scale", "count"), [("tiny", 52), ("small", 108), ("reference", 160)])
def test_scales(scale: str, count: int) -> None:
    """As many as a machine can do in good time."""
    assert len(up_to(problems(), MOST_FLOP[scale])) == count


@pytest.mark.parametrize("layout", ["NN", "TN", "NT"])
def test_a_product(layout: str) -> None:
    """It has the size that it says, and the matrices lie as it says."""
    work = prepare(Gemm(3, 5, 7, layout), CPU, torch.float32)
    _, a, b = work.args
    found = work()
    assert found.shape == (3, 5)
    assert (a.is_contiguous(), b.is_contiguous()) == (layout[0] == "N", layout[1] == "N")


def test_it_is_repeated_and_averaged() -> None:
    """What is quick is done often, and each counts once."""
    calls: list[None] = []
    assert 0 < seconds(lambda: calls.append(None), CPU) < 0.1
    assert len(calls) == 3 + 1 + 400


def test_another_kernel_is_repeated_less() -> None:
    """As often as DeepBench repeats it, and at least once."""
    calls: list[None] = []
    seconds(lambda: calls.append(None), CPU, most_repeats=7)
    assert len(calls) == 3 + 1 + 7
    assert [repeats_for(once, 300) for once in (0.0, 0.01, 0.04, 3.0)] == [300, 10, 2, 1]


def test_flops() -> None:
    """3 · 10^12 operations in 2 seconds."""
    gauge = Flops(part=lambda problem: problem.layout)
    problem = Gemm(1_000_000, 1_500_000, 1, "TN")
    assert gauge.rate(problem, 2.0) == pytest.approx(1.5)
    assert gauge.told(problem, 2.0) == "   1.500 TFLOP/s"
    assert (gauge.part(problem), Flops().part(problem)) == ("TN", "")


def test_the_geometric_mean() -> None:
    """Of 1, 4 and 16 it is 4."""
    assert geometric_mean([1.0, 4.0, 16.0]) == pytest.approx(4.0)


@pytest.mark.parametrize(
    "options",
    [
        ["--batch", "3"],
        ["--data", "x"],
        ["--workers", "1"],
        ["--compile"],
        ["--accumulate", "2"],
        ["--checkpoint", "x"],
        ["--resume", "x"],
    ],
)
def test_options_of_a_training_are_refused(options: list[str]) -> None:
    """They would change nothing."""
    with pytest.raises(Refusal, match=f"{options[0]} is for a training"):
        main(options)


def test_several_processes_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each would measure the same."""
    monkeypatch.setenv("WORLD_SIZE", "2")
    with pytest.raises(Refusal, match="timed on one device: leave --gpus out, or take deepbench-allreduce"):
        main([])


def test_a_pass_that_is_cut_short(tmp_path: Path) -> None:
    """A line and a step a problem, the mean of what was measured, and run_stop says that it wasn't all."""
    done = run("--steps", "3", program=PROGRAM, MLPERF_TUI_STEPS=str(tmp_path))
    assert (done.returncode, done.stderr) == (0, "")
    lines = (tmp_path / "steps-0-0.jsonl").read_bytes().splitlines()
    assert sum(isinstance(decode(line), Step) for line in lines) == 3
    assert done.stdout.count(" TFLOP/s\n") == 4
    said = {mark["key"]: mark for mark in marks(done.stdout)}
    assert said["run_stop"]["metadata"]["status"] == "aborted"
    assert said["eval_accuracy"]["metadata"]["problems"] == 3
    assert said["eval_accuracy"]["value"] > 0
    assert keys(done.stdout).index("eval_accuracy") < keys(done.stdout).index("run_stop")
