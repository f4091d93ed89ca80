"""DeepBench's matrix products: the list, the arithmetic of one, and a pass."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
import torch

from mlperf_tui.records import Step, decode
from tests.workloads.programs import keys, marks, run
from workloads.common.options import Refusal
from workloads.deepbench.problem import geometric_mean, up_to
from workloads.deepbench.timing import seconds
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


def test_the_geometric_mean() -> None:
    """Of 1, 4 and 16 it is 4."""
    assert geometric_mean([1.0, 4.0, 16.0]) == pytest.approx(4.0)


@pytest.mark.parametrize("options", [["--batch", "3"], ["--data", "x"], ["--workers", "1"], ["--compile"]])
def test_options_of_a_training_are_refused(options: list[str]) -> None:
    """They would change nothing."""
    with pytest.raises(Refusal, match=f"{options[0]} is for a training"):
        main(options)


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
