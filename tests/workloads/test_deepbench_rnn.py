"""DeepBench's recurrent layers: the list, the arithmetic of one in each direction, and a pass."""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path

import pytest
import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from mlperf_tui.records import Step, decode
from tests.workloads.programs import marks, run
from workloads.deepbench.problem import up_to
from workloads.deepbench_rnn.measure import MOST_FLOP
from workloads.deepbench_rnn.problems import Layer, Rnn, layers, problems
from workloads.deepbench_rnn.work import cell, prepare

PROGRAM = [sys.executable, "-m", "workloads.deepbench_rnn", "--device", "cpu"]
CPU = torch.device("cpu")
KINDS = ("vanilla", "LSTM", "GRU")


def test_the_list_is_deepbenchs() -> None:
    """53 different sizes, each forward and backward."""
    every = layers()
    assert (len(every), len(set(every)), len(set(problems()))) == (53, 53, 106)
    assert Counter(layer.kind for layer in every) == {"vanilla": 12, "LSTM": 22, "GRU": 19}
    assert {
        Layer("vanilla", 1760, 16, 50),
        Layer("LSTM", 4096, 128, 25),
        Layer("LSTM", 1536, 8, 50),
        Layer("LSTM", 256, 64, 150),
        Layer("GRU", 2816, 32, 1500),
        Layer("GRU", 512, 32, 1),
        Layer("GRU", 1024, 64, 1500),
    } <= set(every)


def test_an_lstm_by_hand() -> None:
    """Four gates with a 512 × 512 product for the input and one for the state; backward has twice that."""
    layer = Layer("LSTM", 512, 16, 25)
    assert Rnn(layer, "forward").flop == 2 * 4 * (512 * 512 + 512 * 512) * 16 * 25
    assert Rnn(layer, "backward").flop == 2 * Rnn(layer, "forward").flop


@pytest.mark.parametrize("kind", ["vanilla", "GRU"])
def test_operations_are_those_that_torch_counts(kind: str) -> None:
    """Torch takes a step of these apart on a CPU, and counts an LSTM for nothing.

    Backward there is no gradient of the first state, one product that the formula has.
    """
    layer = Layer(kind, 8, 3, 5)
    first_state = layer.flop / layer.steps / 2
    for direction, less in (("forward", 0), ("backward", first_state)):
        work = prepare(Rnn(layer, direction), CPU, torch.float32)
        with FlopCounterMode(display=False) as counter:
            work()
        assert counter.get_total_flops() == Rnn(layer, direction).flop - less, direction


@pytest.mark.parametrize(("scale", "count"), [("tiny", 34), ("small", 48), ("reference", 106)])
def test_scales(scale: str, count: int) -> None:
    """As many as a machine can do in good time, some of each kind."""
    chosen = up_to(problems(), MOST_FLOP[scale])
    assert len(chosen) == count
    assert {problem.layer.kind for problem in chosen} == set(KINDS)


def test_a_vanilla_layer_has_relu() -> None:
    """DeepBench's has; torch's usual one has tanh."""
    layer = cell(Layer("vanilla", 8, 3, 5))
    assert isinstance(layer, nn.RNN)
    assert layer.nonlinearity == "relu"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("type_", [torch.float32, torch.bfloat16], ids=str)
def test_forward(kind: str, type_: torch.dtype) -> None:
    """All steps of all sequences, with what a backward pass needs."""
    outputs, _ = prepare(Rnn(Layer(kind, 8, 3, 5), "forward"), CPU, type_)()
    assert (outputs.shape, outputs.dtype) == ((5, 3, 8), type_)
    assert outputs.requires_grad


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("type_", [torch.float32, torch.bfloat16], ids=str)
def test_backward(kind: str, type_: torch.dtype) -> None:
    """The gradients of the input, of both weights and of both biases, and the same from each repeat."""
    work = prepare(Rnn(Layer(kind, 8, 3, 5), "backward"), CPU, type_)
    once, again = work(), work()
    assert [gradient.dim() for gradient in once] == [3, 2, 2, 1, 1]
    for one, other in zip(once, again, strict=True):
        assert one.dtype is type_
        assert one.abs().max() > 0
        torch.testing.assert_close(one, other)


def test_a_pass_that_is_cut_short(tmp_path: Path) -> None:
    """A line and a step a problem, a mean of each kind and direction and one of all."""
    done = run("--steps", "2", "--scale", "tiny", program=PROGRAM, MLPERF_TUI_STEPS=str(tmp_path))
    assert (done.returncode, done.stderr) == (0, "")
    lines = (tmp_path / "steps-0-0.jsonl").read_bytes().splitlines()
    assert sum(isinstance(decode(line), Step) for line in lines) == 2
    assert "vanilla hidden 1760, batch  16, steps   50, backward " in done.stdout
    means = [line.partition(":")[0] for line in done.stdout.splitlines() if line.startswith("geometric mean")]
    assert means == [
        "geometric mean of 1 vanilla forward problem",
        "geometric mean of 1 vanilla backward problem",
        "geometric mean of 2 problems",
    ]
    said = {mark["key"]: mark for mark in marks(done.stdout)}
    assert said["submission_benchmark"]["value"] == "deepbench-rnn"
    assert said["eval_accuracy"]["metadata"]["problems"] == 2
