"""torch's LSTM, in the type that autocast names.

For cuDNN's recurrent layers autocast takes fp16, whatever type it was asked for (aten/src/ATen/cudnn/AutocastRNN.cpp),
since cuDNN had no bf16 for them before 9.13. So `amp-bf16` would be fp16 in an LSTM, and without a loss scale. Here
bf16 is bf16 where cuDNN and torch have it; where they don't, torch's way is left, and `caveat` says so.
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

warnings.filterwarnings("ignore", "RNN module weights are not part of single contiguous chunk")


class LSTM(nn.LSTM):
    """One layer, in one direction or both."""

    @torch.compiler.disable  # type: ignore[untyped-decorator]  # it would take the recurrence apart, step by step
    def forward(
        self, x: torch.Tensor | PackedSequence, state: State | None = None
    ) -> tuple[torch.Tensor | PackedSequence, State]:
        """As torch's: outputs and the last state, of x and from `state` on, or from zeros."""
        if isinstance(x, PackedSequence) or cast(x.device) is None:
            made: tuple[torch.Tensor | PackedSequence, State] = super().forward(x, state)
            return made
        out, *last = self.read(x, state or self.zeros(x), [one for way in self.all_weights for one in way])
        return out, (last[0], last[1])

    def zeros(self, x: torch.Tensor) -> State:
        """The state before the first position."""
        batch = x.shape[0 if self.batch_first else 1]
        zeros = x.new_zeros(1 + self.bidirectional, batch, self.hidden_size)
        return zeros, zeros

    def read(self, x: torch.Tensor, state: State, weights: Sequence[torch.Tensor]) -> tuple[torch.Tensor, ...]:
        """Outputs, last output and last cell, with these weights in torch's order."""
        kind = cast(x.device)
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


def cast(device: torch.device) -> torch.dtype | None:
    """bf16 where an LSTM has to be cast to it, as autocast doesn't; None where torch does as it should."""
    asked = device.type == "cuda" and torch.is_autocast_enabled("cuda")
    return torch.bfloat16 if asked and torch.get_autocast_dtype("cuda") is torch.bfloat16 and has_bf16() else None


def has_bf16() -> bool:
    """Whether cuDNN and torch have recurrent layers in bf16."""
    cudnn: Any = torch.backends.cudnn
    version = tuple(int(part) for part in torch.__version__.split(".")[:2])
    return version >= TORCH and (cudnn.version() or 0) >= CUDNN


def caveat(precision: Precision) -> str:
    """What a headline says behind the precision where LSTMs aren't in it; "" where they are."""
    halved = precision.device.type == "cuda" and precision.compute is torch.bfloat16 and not has_bf16()
    return " (LSTMs in fp16: torch 2.10 with cuDNN 9.13 has bf16 for them)" if halved else ""
