"""Transformer big as nn.Transformer has it."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional

from tests.bench.plain.loop import Plain, adam

WORDS, WIDTH, LENGTH = 33_708, 1024, 256


class Big(nn.Module):
    """6+6 layers of 1,024 with 16 heads; the classifier is the embedding."""

    def __init__(self) -> None:
        super().__init__()
        self.embedding = nn.Embedding(WORDS, WIDTH)
        self.places = nn.Parameter(torch.zeros(LENGTH, WIDTH))
        self.body = nn.Transformer(WIDTH, 16, 6, 6, 4096, 0.1, batch_first=True)

    def forward(self, source: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        mask = nn.Transformer.generate_square_subsequent_mask(LENGTH, device=source.device)
        x, y = (self.embedding(pieces) + self.places for pieces in (source, target))
        return functional.linear(self.body(x, y, tgt_mask=mask, tgt_is_causal=True), self.embedding.weight)


def made(batch: int) -> Plain:
    """`batch` counts target tokens, in rows of 256."""
    model = Big().cuda()
    source, target, labels = (torch.randint(1, WORDS, (batch // LENGTH, LENGTH), device="cuda") for _ in range(3))
    return adam(
        model,
        batch,
        lambda: functional.cross_entropy(model(source, target).flatten(0, 1), labels.flatten(), label_smoothing=0.1),
    )
