"""The Transformer with its normalisations before each part, as in MLPerf's reference, and its cost.

Vaswani et al., arXiv 1706.03762; mlcommons/training, translation/tensorflow/transformer/model: transformer.py
(PrePostProcessingWrapper normalises before a layer and adds after it, each stack ends in a normalisation),
attention_layer.py (no biases), ffn_layer.py (biases), embedding_layer.py (one matrix for both languages and logits).
"""

from __future__ import annotations

import math

import torch
from torch import nn
from torch.nn.functional import dropout, linear, relu, scaled_dot_product_attention
from torch.utils.flop_counter import FlopCounterMode

from workloads.transformer.packing import Packed
from workloads.transformer.recipe import DROPOUT, Recipe

NORM_EPSILON = 1e-6
LONGEST_WAVE = 1e4


class Projections(nn.Linear):
    """`count` matrices that all read x (N, L, hidden), as one product: a GPU's host launches it faster."""

    def __init__(self, hidden: int, count: int) -> None:
        super().__init__(hidden, count * hidden, bias=False)
        self.count = count

    def each(self, x: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """What each of them makes of x, (N, L, hidden)."""
        return self(x).chunk(self.count, 2)  # type: ignore[no-any-return]


class Attention(nn.Module):
    """Multi-head attention of x (N, L, hidden) to y (N, M, hidden), which is x where it looks at itself.

    `bias` (N, 1, L, M) is added to the scores.
    """

    def __init__(self, hidden: int, heads: int, *, to_itself: bool) -> None:
        super().__init__()
        self.heads = heads
        self.of_x, self.of_y = Projections(hidden, 3 if to_itself else 1), None if to_itself else Projections(hidden, 2)
        self.out = nn.Linear(hidden, hidden, bias=False)

    def forward(self, x: torch.Tensor, y: torch.Tensor, bias: torch.Tensor) -> torch.Tensor:
        parts = self.of_x.each(x) + (() if self.of_y is None else self.of_y.each(y))
        q, k, v = (self.split(part) for part in parts)
        rate = DROPOUT if self.training else 0.0
        seen = scaled_dot_product_attention(q, k, v, attn_mask=bias, dropout_p=rate)
        out: torch.Tensor = self.out(seen.transpose(1, 2).flatten(2))
        return out

    def split(self, x: torch.Tensor) -> torch.Tensor:
        """(N, L, hidden) to (N, heads, L, hidden / heads)."""
        return x.view(*x.shape[:2], self.heads, -1).transpose(1, 2)


class FeedForward(nn.Module):
    """Each position by itself: to `filters`, ReLU, and back."""

    def __init__(self, hidden: int, filters: int) -> None:
        super().__init__()
        self.wide, self.narrow = nn.Linear(hidden, filters), nn.Linear(filters, hidden)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        out: torch.Tensor = self.narrow(dropout(relu(self.wide(x)), DROPOUT, self.training))
        return out


class Layer(nn.Module):
    """Self-attention, in the decoder attention to what was encoded, and a feed-forward network, each in a residual."""

    def __init__(self, recipe: Recipe, *, decodes: bool) -> None:
        super().__init__()
        self.itself = Attention(recipe.hidden, recipe.heads, to_itself=True)
        self.other = Attention(recipe.hidden, recipe.heads, to_itself=False) if decodes else None
        self.feed = FeedForward(recipe.hidden, recipe.filters)
        self.norms = nn.ModuleList(nn.LayerNorm(recipe.hidden, NORM_EPSILON) for _ in range(2 + decodes))

    def forward(
        self,
        x: torch.Tensor,
        bias: torch.Tensor,
        encoded: torch.Tensor | None = None,
        encoded_bias: torch.Tensor | None = None,
    ) -> torch.Tensor:
        y = self.norms[0](x)
        x = x + self.drop(self.itself(y, y, bias))
        if self.other is not None:
            x = x + self.drop(self.other(self.norms[1](x), encoded, encoded_bias))
        return x + self.drop(self.feed(self.norms[-1](x)))

    def drop(self, x: torch.Tensor) -> torch.Tensor:
        return dropout(x, DROPOUT, self.training)


class Transformer(nn.Module):
    """Source and target (N, L) to the logits (N, L, vocabulary) of the piece behind each target piece."""

    def __init__(self, recipe: Recipe, vocabulary: int) -> None:
        super().__init__()
        self.hidden = recipe.hidden
        self.embedding = nn.Embedding(vocabulary, recipe.hidden)
        self.encoder = nn.ModuleList(Layer(recipe, decodes=False) for _ in range(recipe.layers))
        self.decoder = nn.ModuleList(Layer(recipe, decodes=True) for _ in range(recipe.layers))
        self.norms = nn.ModuleList(nn.LayerNorm(recipe.hidden, NORM_EPSILON) for _ in range(2))
        self.apply(initialise)

    def forward(self, source: Packed, target: Packed) -> torch.Tensor:
        return self.logits(self.decode(target, self.encode(source), source.segments))

    def encode(self, source: Packed) -> torch.Tensor:
        """The source (N, L) to (N, L, hidden)."""
        x, bias = self.embed(source), added(same(source.segments, source.segments), self.embedding.weight)
        for layer in self.encoder:
            x = layer(x, bias)
        out: torch.Tensor = self.norms[0](x)
        return out

    def decode(self, target: Packed, encoded: torch.Tensor, segments: torch.Tensor) -> torch.Tensor:
        """The target (N, L) to (N, L, hidden), given the encoded source (N, M, hidden) and its `segments` (N, M)."""
        x = self.embed(target)
        bias = added(same(target.segments, target.segments).tril(), self.embedding.weight)
        encoded_bias = added(across(target.segments, segments), self.embedding.weight)
        for layer in self.decoder:
            x = layer(x, bias, encoded, encoded_bias)
        out: torch.Tensor = self.norms[1](x)
        return out

    def logits(self, states: torch.Tensor) -> torch.Tensor:
        """(…, hidden) to (…, vocabulary), by the embedding's own weights."""
        return linear(states, self.embedding.weight)

    def embed(self, side: Packed) -> torch.Tensor:
        x = self.embedding(side.ids) * math.sqrt(self.hidden) + waves(side.positions, self.hidden)
        return dropout(x, DROPOUT, self.training)


def initialise(module: nn.Module) -> None:
    """Matrices uniform by fan-in and fan-out, embeddings normal with 1/√hidden, biases 0, as the reference has it."""
    if isinstance(module, nn.Linear):
        for matrix in module.weight.detach().chunk(module.count if isinstance(module, Projections) else 1):
            nn.init.xavier_uniform_(matrix)
        if module.bias is not None:
            nn.init.zeros_(module.bias)
    elif isinstance(module, nn.Embedding):
        nn.init.normal_(module.weight, std=module.embedding_dim**-0.5)


def same(one: torch.Tensor, other: torch.Tensor) -> torch.Tensor:
    """Segments (N, L) and (N, M) to the mask (N, 1, L, M): True where both positions belong to one segment."""
    return (one[:, :, None] == other[:, None, :]).unsqueeze(1)


def across(target: torch.Tensor, source: torch.Tensor) -> torch.Tensor:
    """The mask (N, 1, L, M) from target segments (N, L) to source segments (N, M).

    Padding may look anywhere: a source row without padding has nothing for it, a softmax over nothing may be NaN (not
    every kernel of scaled_dot_product_attention gives 0), and nobody reads what comes of it.
    """
    return same(target, source) | (target == 0)[:, None, :, None]


def added(mask: torch.Tensor, like: torch.Tensor) -> torch.Tensor:
    """A mask as what is added to scores: 0 where it is True, else -∞, in the type that scores of `like` will have.

    Attention itself would make it anew from the mask in each layer.
    """
    device = like.device.type
    casts = torch.amp.is_autocast_available(device) and torch.is_autocast_enabled(device)
    kind = torch.get_autocast_dtype(device) if casts else like.dtype
    return torch.zeros_like(mask, dtype=kind).masked_fill_(~mask, -math.inf)


def waves(positions: torch.Tensor, hidden: int) -> torch.Tensor:
    """Positions (N, L) to sines and cosines (N, L, hidden), of wave lengths from 2π to 10,000 · 2π (section 3.5)."""
    half = hidden // 2
    rates = torch.arange(half, device=positions.device) * (-math.log(LONGEST_WAVE) / (half - 1))
    angles = positions.unsqueeze(-1) * rates.exp()
    return torch.cat([angles.sin(), angles.cos()], dim=-1)


def parameters(model: nn.Module) -> int:
    """How many numbers the model learns; a shared one counts once."""
    return sum(weight.numel() for weight in model.parameters())


def flop_per_token(recipe: Recipe, vocabulary: int) -> float:
    """FLOP to train on one target position, and on the source position beside it, averaged over a row.

    2 for each multiply-add of the forward pass, and twice as many again for backward.
    """
    with torch.device("meta"):
        model = Transformer(recipe, vocabulary).eval()
        side = Packed(*(torch.zeros(1, recipe.length, dtype=torch.long) for _ in range(3)))
    with FlopCounterMode(display=False) as counter, torch.inference_mode():
        model(side, side)
    forward: int = counter.get_total_flops()
    return 3.0 * forward / recipe.length
