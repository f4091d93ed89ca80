"""DeepBench's convolutions: the list, the arithmetic of one in each direction, and a pass."""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path

import pytest
import torch
from torch.nn import functional
from torch.utils.flop_counter import FlopCounterMode

from mlperf_tui.records import Step, decode
from tests.workloads.programs import marks, run
from workloads.deepbench.problem import up_to
from workloads.deepbench_conv.measure import MOST_FLOP
from workloads.deepbench_conv.problems import DIRECTIONS, Conv, Layer, layers, problems
from workloads.deepbench_conv.work import prepare

PROGRAM = [sys.executable, "-m", "workloads.deepbench_conv", "--device", "cpu"]
CPU = torch.device("cpu")
ODD = Layer(11, 7, 3, 2, 5, 4, 3, 1, 2)
"""Wider than high, with a filter that is too, and a stride that leaves a column over."""


def test_the_list_is_deepbenchs() -> None:
    """94 layers, 90 of them different, in three directions; 0.56 TFLOP in each."""
    every = layers()
    assert (len(every), len(set(every)), len(problems())) == (94, 90, 282)
    twice = {layer for layer, count in Counter(every).items() if count == 2}
    assert twice == {
        layer
        for batch in (8, 16)
        for layer in (Layer(14, 14, 256, batch, 1024, 1, 1, 0, 1), Layer(7, 7, 512, batch, 512, 3, 3, 1, 1))
    }
    assert sum(layer.flop for layer in every) == 562_504_360_960
    assert sum(layer.batch == 16 for layer in every) == 2 + 4 + 6 + 7 + 9 + 8 + 16
    assert {Layer(700, 161, 1, 32, 32, 20, 5, 0, 2), Layer(7, 7, 2048, 8, 512, 1, 1, 3, 2)} <= set(every)


def test_a_speech_layer_by_hand() -> None:
    """The second speech layer's image is what the first one puts out."""
    first = layers()[0]
    assert (first.out_width, first.out_height) == (341, 79)
    assert first.flop == 2 * 4 * 32 * (1 * 20 * 5) * 341 * 79


@pytest.mark.parametrize("layer", [layers()[4], layers()[44], layers()[62], ODD], ids=lambda layer: layer.name)
def test_operations_are_those_that_torch_counts(layer: Layer) -> None:
    """In each direction."""
    for direction in DIRECTIONS:
        with FlopCounterMode(display=False) as counter:
            prepare(Conv(layer, direction), torch.device("meta"), torch.float32)()
        assert counter.get_total_flops() == Conv(layer, direction).flop, direction


@pytest.mark.parametrize(("scale", "count"), [("tiny", 183), ("small", 234), ("reference", 282)])
def test_scales(scale: str, count: int) -> None:
    """As many as a machine can do in good time; of each layer all directions."""
    chosen = up_to(problems(), MOST_FLOP[scale])
    assert len(chosen) == count
    assert set(Counter(problem.direction for problem in chosen).values()) == {count // 3}


def test_forward() -> None:
    """The output has the size that the layer says."""
    found = prepare(Conv(ODD, "forward"), CPU, torch.float32)()
    assert isinstance(found, torch.Tensor)
    assert found.shape == (ODD.batch, ODD.filters, ODD.out_height, ODD.out_width)


@pytest.mark.parametrize(("direction", "place"), [("backward data", 0), ("backward weight", 1)])
def test_backward_is_autograds(direction: str, place: int) -> None:
    """The one gradient that is asked for, and no other."""
    work = prepare(Conv(ODD, direction), CPU, torch.float32)
    gradient, images, filters = (tensor.clone() for tensor in work.args)
    wanted = (images.requires_grad_(), filters.requires_grad_())
    outputs = functional.conv2d(images, filters, stride=ODD.stride, padding=ODD.pad)
    expected = torch.autograd.grad(outputs, wanted, gradient)
    found = work()
    torch.testing.assert_close(found[place], expected[place])
    assert [kept is None for kept in found] == [place != 0, place != 1, True]


@pytest.mark.parametrize("direction", DIRECTIONS)
def test_in_half_precision(direction: str) -> None:
    """What goes in and what comes out is bf16, in memory as DeepBench has it."""
    work = prepare(Conv(ODD, direction), CPU, torch.bfloat16)
    assert all(tensor.dtype is torch.bfloat16 and tensor.is_contiguous() for tensor in work.args)
    found = work()
    made = [found] if isinstance(found, torch.Tensor) else [tensor for tensor in found if tensor is not None]
    assert [tensor.dtype for tensor in made] == [torch.bfloat16]


def test_a_pass_that_is_cut_short(tmp_path: Path) -> None:
    """A line and a step a direction, a mean of each direction and one of all."""
    done = run("--steps", "4", program=PROGRAM, MLPERF_TUI_STEPS=str(tmp_path))
    assert (done.returncode, done.stderr) == (0, "")
    lines = (tmp_path / "steps-0-0.jsonl").read_bytes().splitlines()
    assert sum(isinstance(decode(line), Step) for line in lines) == 4
    means = [line.partition(":")[0] for line in done.stdout.splitlines() if line.startswith("geometric mean")]
    assert means == [
        "geometric mean of 2 forward problems",
        "geometric mean of 1 backward data problem",
        "geometric mean of 1 backward weight problem",
        "geometric mean of 4 problems",
    ]
    said = {mark["key"]: mark for mark in marks(done.stdout)}
    assert said["submission_benchmark"]["value"] == "deepbench-conv"
    assert said["train_samples"]["value"] == 183
    assert said["run_stop"]["metadata"]["status"] == "aborted"
    assert said["eval_accuracy"]["metadata"]["problems"] == 4
