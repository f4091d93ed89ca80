"""The cost of recurrent layers, by the formula and as torch counts it on cells that are unrolled."""

from __future__ import annotations

import pytest
import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from workloads.common.recurrent import flop_per_step

CELLS = {"RNN": nn.RNNCell, "GRU": nn.GRUCell, "LSTM": nn.LSTMCell}


@pytest.mark.parametrize("kind", list(CELLS))
def test_as_torch_counts_the_cell(kind: str) -> None:
    """Three sequences, five steps: fifteen times the formula."""
    cell = CELLS[kind](7, 11)
    xs, state = torch.randn(5, 3, 7), None
    with FlopCounterMode(display=False) as counter:
        for x in xs:
            state = cell(x, state)
    assert counter.get_total_flops() == 15 * flop_per_step(kind, 7, 11)
