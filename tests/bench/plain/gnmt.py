"""GNMT as it reads in the paper, layer by layer: the model that ours is, trained as ours, in a tutorial's way."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional

from tests.bench.plain.loop import Plain, adam

WORDS, WIDTH, LENGTH = 32_320, 1024, 50
DROP, SMOOTHING, NORM = 0.2, 0.1, 5.0


class Residual(nn.Module):
    """LSTM layers, each but the first added to what it was given; `beside` is given to each with the layer below."""

    def __init__(self, inputs: list[int]) -> None:
        super().__init__()
        self.layers = nn.ModuleList(nn.LSTM(size, WIDTH, batch_first=True) for size in inputs)

    def forward(self, x: torch.Tensor, beside: torch.Tensor | None = None) -> torch.Tensor:
        for number, layer in enumerate(self.layers):
            given = functional.dropout(x, DROP, self.training)
            out = layer(given if beside is None else torch.cat([given, beside], 2))[0]
            x = x + out if number else out
        return x


class Gnmt(nn.Module):
    """4+4 layers of 1,024, the first one both ways, attention by a sum under a tanh."""

    def __init__(self) -> None:
        super().__init__()
        self.embedding = nn.Embedding(WORDS, WIDTH)
        self.both_ways = nn.LSTM(WIDTH, WIDTH, bidirectional=True, batch_first=True)
        self.encoder = Residual([2 * WIDTH, WIDTH, WIDTH])
        self.first = nn.LSTM(WIDTH, WIDTH, batch_first=True)
        self.query, self.key, self.score = nn.Linear(WIDTH, WIDTH), nn.Linear(WIDTH, WIDTH), nn.Linear(WIDTH, 1)
        self.decoder = Residual([2 * WIDTH] * 3)
        self.classifier = nn.Linear(WIDTH, WORDS)

    def forward(self, source: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        given = functional.dropout(self.embedding(source), DROP, self.training)
        encoded = self.encoder(self.both_ways(given)[0])
        x = self.first(self.embedding(target))[0]
        scores = self.score(torch.tanh(self.query(x)[:, :, None] + self.key(encoded)[:, None]))
        context = scores.squeeze(3).softmax(2) @ encoded
        made: torch.Tensor = self.classifier(self.decoder(x, context))
        return made


def made(batch: int) -> Plain:
    """`batch` counts target tokens, in rows of 50."""
    model = Gnmt().cuda()
    source, target, labels = (torch.randint(1, WORDS, (batch // LENGTH, LENGTH), device="cuda") for _ in range(3))
    cost = nn.CrossEntropyLoss(label_smoothing=SMOOTHING)
    return adam(model, batch, lambda: cost(model(source, target).flatten(0, 1), labels.flatten()))._replace(norm=NORM)
