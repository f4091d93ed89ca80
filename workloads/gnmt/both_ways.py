"""An LSTM that reads padded sentences in both directions at once, each from its own first piece.

Read backwards, a sentence begins with its padding. torch keeps that out of the state by packed sequences, whose lengths
the host has to know, and for which cuDNN has no fast kernels; MLPerf's reference turns sentences around instead, and
reads them with an LSTM of its own, one direction after the other. Here padding itself keeps the state at 0.
"""

from __future__ import annotations

import torch

from workloads.common.lstm import LSTM

MORE = 8
"""Inputs beside a piece's own, 1 where it is padding; eight of them, as Tensor Cores want sizes."""

SHUT = -1e4
"""A sigmoid of it is 0 in every precision, and fp16 can hold it."""


class BothWays(LSTM):
    """x (N, M, hidden) to (N, M, 2 · hidden), as for packed sequences: 0 where it is padding.

    The weights are those of a bidirectional LSTM of one layer. For each pass they get inputs more, whose weights are
    fixed: at padding these shut the input and the forget gate, so that cell and output are 0, and gradients too.
    """

    def __init__(self, hidden: int) -> None:
        super().__init__(hidden, hidden, bidirectional=True)
        shut = torch.zeros(4 * hidden, MORE)
        shut[: 2 * hidden, 0] = SHUT  # torch's order of gates: input, forget, cell, output
        self.register_buffer("shut", shut, persistent=False)

    @torch.compiler.disable  # type: ignore[untyped-decorator]  # it would take the recurrence apart, step by step
    def forward(self, x: torch.Tensor, seen: torch.Tensor) -> torch.Tensor:
        """`seen` (N, M) is False at padding."""
        padding = (~seen).unsqueeze(2).expand(*seen.shape, MORE).to(x.dtype)
        weights = [weight for way in ("", "_reverse") for weight in self.of(way)]
        return self.read(torch.cat([x, padding], 2), self.zeros(x), weights)[0]

    def of(self, way: str) -> list[torch.Tensor]:
        """A direction's weights as torch.lstm takes them: of inputs, those more among them, of outputs, and biases."""
        names = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
        inputs, *rest = (self.get_parameter(f"{name}_l0{way}") for name in names)
        return [torch.cat([inputs, self.get_buffer("shut")], 1), *rest]
