"""torch's LSTM, in the type that autocast names.

For cuDNN's recurrent layers autocast takes fp16, whatever type it was asked for (aten/src/ATen/cudnn/AutocastRNN.cpp),
since cuDNN had no bf16 for them before 9.13. So `amp-bf16` would be fp16 in an LSTM, and without a loss scale. Here
bf16 is bf16 where cuDNN and torch have it, and have it fast; elsewhere torch's way is left, and `caveat` says so.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any, TypeAlias

import torch
from torch import nn

from workloads.common.precision import Precision

State: TypeAlias = tuple[torch.Tensor, torch.Tensor]
"""Output and cell of an LSTM after its last position, (directions, N, hidden) each."""

CUDNN, TORCH = 91300, (2, 10)
"""The first of each with recurrent layers in bf16 (pytorch/pytorch, pull request 164411)."""

NARROW = 192
"""So wide at most is an LSTM that cuDNN runs whole in one kernel (use_rnn_persist_small_h in torch's cudnn/RNN.cpp). In
bf16 it has none: DrQA's, of 128, then take 4.4 times as long as in fp16 (H200, torch 2.11, cuDNN 9.19)."""

warnings.filterwarnings("ignore", "RNN module weights are not part of single contiguous chunk")


class LSTM(nn.LSTM):
    """One layer, in one direction or both, of inputs (N, L, inputs)."""

    def __init__(self, inputs: int, hidden: int, *, bidirectional: bool = False) -> None:
        super().__init__(inputs, hidden, batch_first=True, bidirectional=bidirectional)

    @torch.compiler.disable  # type: ignore[untyped-decorator]  # it would take the recurrence apart, step by step
    def forward(self, x: torch.Tensor, state: State | None = None) -> tuple[torch.Tensor, State]:
        """Outputs (N, L, directions · hidden) and the last state, of x and from `state` on, or from zeros."""
        out, output, cell = self.read(x, state or self.zeros(x), [one for way in self.all_weights for one in way])
        return out, (output, cell)

    def zeros(self, x: torch.Tensor) -> State:
        """The state before the first position."""
        zeros = x.new_zeros(1 + self.bidirectional, len(x), self.hidden_size)
        return zeros, zeros

    def read(self, x: torch.Tensor, state: State, weights: Sequence[torch.Tensor]) -> tuple[torch.Tensor, ...]:
        """Outputs, last output and last cell, with these weights in torch's order."""
        if not (asks_bf16(x.device) and has_bf16(self.hidden_size)):
            return self._lstm(x, state, weights)
        with torch.autocast(x.device.type, enabled=False):
            return self._lstm(x.bfloat16(), (state[0].bfloat16(), state[1].bfloat16()), [w.bfloat16() for w in weights])

    def _lstm(self, x: torch.Tensor, state: State, weights: Sequence[torch.Tensor]) -> tuple[torch.Tensor, ...]:
        made: tuple[torch.Tensor, ...] = torch.lstm(
            x,
            state,
            list(weights),
            has_biases=True,
            num_layers=1,
            dropout=0.0,
            train=self.training,
            bidirectional=self.bidirectional,
            batch_first=True,
        )
        return made


def asks_bf16(device: torch.device) -> bool:
    """Whether autocast is asked for bf16 on a GPU."""
    on = device.type == "cuda" and torch.is_autocast_enabled("cuda")
    return on and torch.get_autocast_dtype("cuda") is torch.bfloat16


def has_bf16(hidden: int) -> bool:
    """Whether cuDNN and torch have recurrent layers of such a width in bf16, and have them fast."""
    cudnn: Any = torch.backends.cudnn
    version = tuple(int(part) for part in torch.__version__.split(".")[:2])
    return hidden > NARROW and version >= TORCH and (cudnn.version() or 0) >= CUDNN


def caveat(precision: Precision, hidden: int) -> str:
    """What a headline says behind the precision where LSTMs of such a width aren't in it; "" where they are."""
    halved = precision.device.type == "cuda" and precision.compute is torch.bfloat16 and not has_bf16(hidden)
    return " (LSTMs in fp16, as torch casts them)" if halved else ""
