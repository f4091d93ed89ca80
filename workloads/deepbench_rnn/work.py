"""A recurrent layer, one direction at a time, through torch (cuDNN on a GPU).

It does more than DeepBench's own program, whose layers take their input as it is (CUDNN_SKIP_INPUT, code/nvidia):
torch's always multiply it by weights, and backward gives the gradients of data and weights together, as a training
wants them. FLOP are counted for what is done here; the times aren't to be set beside DeepBench's.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import torch
from torch import nn

from workloads.deepbench_rnn.problems import Layer, Rnn


def prepare(problem: Rnn, device: torch.device, kind: torch.dtype) -> partial[Any]:
    """A layer with torch's own weights, and uniform numbers (steps, batch, hidden) for it.

    Forward keeps what backward needs, as in a training. Backward is repeated from one forward, whose memory therefore
    stays: on a GPU torch copies what cuDNN keeps in reserve each time, which is a part of the time.
    """
    layer = problem.layer
    network = cell(layer).to(device, kind)
    inputs = torch.rand(layer.steps, layer.batch, layer.hidden, device=device, dtype=kind, requires_grad=True)
    if problem.direction == "forward":
        return partial(network, inputs)
    outputs, _ = network(inputs)
    wanted = (inputs, *network.parameters())
    return partial(torch.autograd.grad, outputs, wanted, torch.rand_like(outputs), retain_graph=True)


def cell(layer: Layer) -> nn.RNNBase:
    """The layer; a vanilla one has ReLU, as DeepBench's has (CUDNN_RNN_RELU, code/nvidia/cudnn_helper.h)."""
    if layer.kind == "vanilla":
        return nn.RNN(layer.hidden, layer.hidden, nonlinearity="relu")
    if layer.kind == "LSTM":
        return nn.LSTM(layer.hidden, layer.hidden)
    return nn.GRU(layer.hidden, layer.hidden)
