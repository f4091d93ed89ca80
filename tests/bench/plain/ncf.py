"""NeuMF, 64 factors and 256-256-128-64."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional

from tests.bench.plain.loop import Plain, adam

USERS, ITEMS = 138_493, 26_744


class NeuMF(nn.Module):
    """Two embeddings a side."""

    def __init__(self) -> None:
        super().__init__()
        self.users, self.items = nn.Embedding(USERS, 64 + 128), nn.Embedding(ITEMS, 64 + 128)
        wide = [nn.Linear(256, 256), nn.ReLU(), nn.Linear(256, 128), nn.ReLU(), nn.Linear(128, 64), nn.ReLU()]
        self.mlp, self.predict = nn.Sequential(*wide), nn.Linear(128, 1)

    def forward(self, users: torch.Tensor, items: torch.Tensor) -> torch.Tensor:
        user, item = self.users(users), self.items(items)
        deep = self.mlp(torch.cat([user[:, 64:], item[:, 64:]], 1))
        made: torch.Tensor = self.predict(torch.cat([user[:, :64] * item[:, :64], deep], 1))
        return made[:, 0]


def made(batch: int) -> Plain:
    """Users and items at random."""
    model = NeuMF().cuda()
    users, items = (torch.randint(count, (batch,), device="cuda") for count in (USERS, ITEMS))
    clicked = (torch.rand(batch, device="cuda") < 0.2).float()
    return adam(model, batch, lambda: functional.binary_cross_entropy_with_logits(model(users, items), clicked))
