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
from torch.nn.utils.rnn import PackedSequence

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
    """One layer, in one direction or both."""

    @torch.compiler.disable  # type: ignore[untyped-decorator]  # it would take the recurrence apart, step by step
    def forward(
        self, x: torch.Tensor | PackedSequence, state: State | None = None
    ) -> tuple[torch.Tensor | PackedSequence, State]:
        """As torch's: outputs and the last state, of x and from `state` on, or from zeros."""
        if isinstance(x, PackedSequence) or self.cast(x.device) is None:
            made: tuple[torch.Tensor | PackedSequence, State] = super().forward(x, state)
            return made
        out, *last = self.read(x, state or self.zeros(x), [one for way in self.all_weights for one in way])
        return out, (last[0], last[1])

    def cast(self, device: torch.device) -> torch.dtype | None:
        """bf16 where this has to be cast to it, as autocast doesn't; None where it is left to torch."""
        return torch.bfloat16 if asks_bf16(device) and has_bf16(self.hidden_size) else None

    def zeros(self, x: torch.Tensor) -> State:
        """The state before the first position."""
        batch = x.shape[0 if self.batch_first else 1]
        zeros = x.new_zeros(1 + self.bidirectional, batch, self.hidden_size)
        return zeros, zeros

    def read(self, x: torch.Tensor, state: State, weights: Sequence[torch.Tensor]) -> tuple[torch.Tensor, ...]:
        """Outputs, last output and last cell, with these weights in torch's order."""
        kind = self.cast(x.device)
        if kind is None:
            return self._lstm(x, state, weights)
        with torch.autocast(x.device.type, enabled=False):
            return self._lstm(x.to(kind), (state[0].to(kind), state[1].to(kind)), [one.to(kind) for one in weights])

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
            batch_first=self.batch_first,
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
