"""GNMT with attention from the decoder's first layer to all of its others, as MLPerf's reference has it.

Wu et al., arXiv 1609.08144; mlcommons/training, rnn_translator/pytorch/seq2seq/models: encoder.py (the first layer
reads both ways, residual connections from the third layer on), decoder.py (what attention finds goes beside the input
of each layer but the first), attention.py (Bahdanau et al., arXiv 1409.0473, normalised), gnmt.py (one embedding for
both languages, logits by a matrix of their own).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import nn

from workloads.common.lstm import LSTM, State
from workloads.gnmt.both_ways import BothWays
from workloads.gnmt.recipe import Recipe
from workloads.translation.pieces import PAD

INITIAL = 0.1 * 1024**0.5
"""Divided by the root of the width: weights begin uniform between minus this and this. At the reference's width, 0.1;
narrower layers would pass on next to nothing with that."""


class Source(NamedTuple):
    """Encoded sources (N, M, hidden), their keys (N, M, hidden), and which places aren't padding (N, M)."""

    encoded: torch.Tensor
    keys: torch.Tensor
    seen: torch.Tensor


class Decoded(NamedTuple):
    """Outputs (N, L, hidden), the attention's weights (N, L, M), and each layer's state."""

    outputs: torch.Tensor
    weights: torch.Tensor
    states: list[State]


class Encoder(nn.Module):
    """Sources x (N, M, hidden) to (N, M, hidden); `seen` (N, M) is False at the padding behind them."""

    def __init__(self, hidden: int, layers: int, dropout: float) -> None:
        super().__init__()
        self.drop = nn.Dropout(dropout)
        self.first = BothWays(hidden)
        self.rest = nn.ModuleList(LSTM(2 * hidden if first else hidden, hidden) for first in firsts(layers - 1))

    def forward(self, x: torch.Tensor, seen: torch.Tensor) -> torch.Tensor:
        x = self.first(self.drop(x), seen)
        for layer, first in zip(self.rest, firsts(len(self.rest)), strict=True):
            out = layer(self.drop(x))[0]
            x = out if first else x + out
        return x


class Attention(nn.Module):
    """What `source` has for x (N, L, hidden): contexts (N, L, hidden), and their weights (N, L, M).

    A score is g · v/|v| · tanh(Wx + b + Uy): scale, score, query with its bias, and key.
    """

    def __init__(self, hidden: int) -> None:
        super().__init__()
        self.query, self.key = nn.Linear(hidden, hidden), nn.Linear(hidden, hidden, bias=False)
        self.score = nn.Parameter(torch.empty(hidden))
        self.scale = nn.Parameter(torch.tensor(hidden**-0.5))

    def forward(self, x: torch.Tensor, source: Source) -> tuple[torch.Tensor, torch.Tensor]:
        energies = (self.query(x).unsqueeze(2) + source.keys.unsqueeze(1)).tanh()
        vector = self.scale * self.score / self.score.norm()
        scores = (energies @ vector.unsqueeze(1)).squeeze(3)
        weights = scores.masked_fill(~source.seen.unsqueeze(1), -torch.inf).softmax(-1)
        return weights @ source.encoded, weights


class Decoder(nn.Module):
    """Targets x (N, L, hidden), from `states` on or from the beginning, given their sources."""

    def __init__(self, hidden: int, layers: int, dropout: float) -> None:
        super().__init__()
        self.drop = nn.Dropout(dropout)
        self.first, self.attention = LSTM(hidden, hidden), Attention(hidden)
        self.rest = nn.ModuleList(LSTM(2 * hidden, hidden) for _ in range(layers - 1))

    def forward(self, x: torch.Tensor, source: Source, states: Sequence[State | None]) -> Decoded:
        x, state = self.first(x, *told(states[0]))
        context, weights = self.attention(x, source)
        after = [state]
        for layer, before, first in zip(self.rest, states[1:], firsts(len(self.rest)), strict=True):
            out, state = layer(torch.cat([self.drop(x), context], 2), *told(before))
            x = out if first else x + out
            after.append(state)
        return Decoded(x, weights, after)


class GNMT(nn.Module):
    """Source and target (N, L) to the logits (N, L, vocabulary) of the piece behind each target piece."""

    def __init__(self, recipe: Recipe, vocabulary: int) -> None:
        super().__init__()
        self.layers = recipe.layers
        self.embedding = nn.Embedding(vocabulary, recipe.hidden, padding_idx=PAD)
        self.encoder = Encoder(recipe.hidden, recipe.layers, recipe.dropout)
        self.decoder = Decoder(recipe.hidden, recipe.layers, recipe.dropout)
        self.classifier = nn.Linear(recipe.hidden, vocabulary)
        initialise(self)

    def forward(self, source: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        return self.logits(self.decode(target, self.encode(source)).outputs)

    def encode(self, source: torch.Tensor) -> Source:
        """Sources (N, M) of pieces, PAD behind their END."""
        seen = source != PAD
        encoded = self.encoder(self.embedding(source), seen)
        return Source(encoded, self.decoder.attention.key(encoded), seen)

    def decode(self, target: torch.Tensor, source: Source, states: Sequence[State] | None = None) -> Decoded:
        """Targets (N, L) of pieces, that begin where `states` ended."""
        decoded: Decoded = self.decoder(self.embedding(target), source, states or [None] * self.layers)
        return decoded

    def logits(self, outputs: torch.Tensor) -> torch.Tensor:
        """(…, hidden) to (…, vocabulary)."""
        made: torch.Tensor = self.classifier(outputs)
        return made


def told(state: State | None) -> tuple[State, ...]:
    """The argument that it is to an LSTM, or none."""
    return () if state is None else (state,)


def firsts(count: int) -> list[bool]:
    """True for the first of so many layers behind a stack's bottom: the one without a residual connection."""
    return [number == 0 for number in range(count)]


def initialise(model: GNMT) -> None:
    """As the reference: all is uniform but the second biases of the LSTMs and the attention's bias, which are 0."""
    zero, most = (
        ("bias_hh_l0", "bias_hh_l0_reverse", "attention.query.bias"),
        INITIAL / model.embedding.embedding_dim**0.5,
    )
    for name, weight in model.named_parameters():
        if name.endswith(zero):
            nn.init.zeros_(weight)
        elif not name.endswith("attention.scale"):
            nn.init.uniform_(weight, -most, most)


def parameters(model: nn.Module) -> int:
    """How many numbers the model learns; a shared one counts once."""
    return sum(weight.numel() for weight in model.parameters())
