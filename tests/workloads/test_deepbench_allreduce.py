"""DeepBench's all-reduce: the list, the bandwidths, and a pass of two ranks."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from mlperf_tui.records import Step, decode
from tests.workloads.programs import marks, run
from workloads.common.options import Refusal
from workloads.deepbench_allreduce.__main__ import main
from workloads.deepbench_allreduce.bandwidth import Bandwidth, algorithm, bus
from workloads.deepbench_allreduce.problems import Reduction, problems

TWO = [sys.executable, "-m", "torch.distributed.run", "--nproc-per-node", "2", "--standalone"]
PROGRAM = [*TWO, "-m", "workloads.deepbench_allreduce", "--device", "cpu"]
A_SUM = """
import torch
from workloads.common.group import joined
from workloads.deepbench_allreduce.bandwidth import Bandwidth
from workloads.deepbench_allreduce.problems import Reduction
from workloads.deepbench_allreduce.work import prepare

device = torch.device("cpu")
with joined(device) as group:
    work = prepare(Reduction(3), device, torch.float32)
    work.args[0].fill_(group.ranks.rank + 1)
    work()
    sums = group.each(work.args[0].tolist())
    times = group.each(Bandwidth().seconds(work, device, group))
    if group.ranks.first:
        print(sums)
        print(len(set(times)), "time")
"""


def test_the_list_is_deepbenchs() -> None:
    """7 sizes, of 4 bytes a number."""
    assert [problem.size for problem in problems()] == [
        400_000,
        12_390_400,
        16_777_216,
        26_214_400,
        67_108_868,
        153_440_000,
        258_000_000,
    ]


@pytest.mark.parametrize(("world", "expected"), [(2, 2.0), (4, 3.0), (8, 3.5)])
def test_the_bus_carries_more_than_the_algorithm_moves(world: int, expected: float) -> None:
    """A gigabyte in half a second: 2 GB/s, of which each link has 2(n - 1)/n."""
    assert algorithm(10**9, 0.5) == pytest.approx(2.0)
    assert bus(10**9, 0.5, world) == pytest.approx(expected)


def test_a_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """Both bandwidths, and the rate is the bus's."""
    monkeypatch.setenv("WORLD_SIZE", "4")
    gigabyte = Reduction(250_000_000)
    assert Bandwidth().rate(gigabyte, 0.5) == pytest.approx(3.0)
    assert Bandwidth().told(gigabyte, 0.5) == "algorithm    2.000 GB/s  bus    3.000 GB/s"


def test_one_rank_is_refused() -> None:
    """There is nothing to sum."""
    with pytest.raises(Refusal, match="needs two ranks or more: --gpus 2"):
        main(["--device", "cpu"])


@pytest.mark.parametrize("options", [["--precision", "amp"], ["--compile"]])
def test_what_changes_nothing_is_refused(options: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """The list is one of floats, and there is no model."""
    monkeypatch.setenv("WORLD_SIZE", "2")
    with pytest.raises(Refusal, match=options[0]):
        main(options)


def test_two_ranks_sum(tmp_path: Path) -> None:
    """Either has the sum of both, and both have the same time."""
    script = tmp_path / "sum.py"
    script.write_text(A_SUM)
    done = run(program=[*TWO, str(script)], PYTHONPATH=str(Path.cwd()))
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == ["[[3.0, 3.0, 3.0], [3.0, 3.0, 3.0]]", "1 time"]


def test_a_pass_of_two_ranks(tmp_path: Path) -> None:
    """What they do together counts once; the first one speaks for both."""
    done = run("--steps", "2", program=PROGRAM, MLPERF_TUI_STEPS=str(tmp_path))
    assert done.returncode == 0, done.stderr
    found = [path.read_bytes().splitlines() for path in sorted(tmp_path.glob("steps-*.jsonl"))]
    assert [sum(isinstance(decode(line), Step) for line in lines) for lines in found] == [2, 0]
    assert [done.stdout.count(text) for text in (" floats ", "geometric mean of 2 problems: ")] == [2, 1]
    said = {mark["key"]: mark for mark in marks(done.stdout)}
    assert said["submission_platform"]["value"].startswith("2xCPU")
    assert said["run_stop"]["metadata"]["status"] == "aborted"
    assert said["eval_accuracy"]["metadata"]["problems"] == 2
