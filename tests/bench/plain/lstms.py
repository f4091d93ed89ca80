"""4+4 LSTM layers of 1,024 in two stacks, nn.MultiheadAttention by one head between them: no GNMT, but its size."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional

from tests.bench.plain.loop import Plain, adam

WORDS, WIDTH, LENGTH = 32_320, 1024, 50


class Lstms(nn.Module):
    """The decoder's layers, then attention, then the classifier over both."""

    def __init__(self) -> None:
        super().__init__()
        self.embedding = nn.Embedding(WORDS, WIDTH)
        self.encoder = nn.LSTM(WIDTH, WIDTH, 4, dropout=0.2, batch_first=True)
        self.decoder = nn.LSTM(WIDTH, WIDTH, 4, dropout=0.2, batch_first=True)
        self.attention = nn.MultiheadAttention(WIDTH, 1, batch_first=True)
        self.classifier = nn.Linear(2 * WIDTH, WORDS)

    def forward(self, source: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        encoded, state = self.encoder(self.embedding(source))
        decoded, _ = self.decoder(self.embedding(target), state)
        context, _ = self.attention(decoded, encoded, encoded, need_weights=False)
        made: torch.Tensor = self.classifier(torch.cat([decoded, context], 2))
        return made


def made(batch: int) -> Plain:
    """`batch` counts target tokens, in rows of 50."""
    model = Lstms().cuda()
    source, target, labels = (torch.randint(1, WORDS, (batch // LENGTH, LENGTH), device="cuda") for _ in range(3))
    return adam(model, batch, lambda: functional.cross_entropy(model(source, target).flatten(0, 1), labels.flatten()))
