"""The model: NeuMF, the sum of a generalised matrix factorisation and an MLP, and its cost."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

EMBEDDING_STD = 0.01


class NeuMF(nn.Module):
    """Users (N) and items (N) to logits (N) (He et al., arXiv 1708.05031, section 3.4; no pre-training).

    `factors` is the width of the matrix factorisation. The first of the MLP's `layers` is the width of its input,
    half from the user's embedding and half from the item's (mlcommons/training, recommendation/pytorch/neumf.py).
    The last layer sees both sides' outputs next to each other; weights begin as they do there.
    """

    def __init__(self, users: int, items: int, factors: int, layers: Sequence[int]) -> None:
        super().__init__()
        self.mf_user, self.mf_item = nn.Embedding(users, factors), nn.Embedding(items, factors)
        self.mlp_user, self.mlp_item = nn.Embedding(users, layers[0] // 2), nn.Embedding(items, layers[0] // 2)
        self.mlp = nn.Sequential(
            *(part for i in range(1, len(layers)) for part in (nn.Linear(layers[i - 1], layers[i]), nn.ReLU()))
        )
        self.predict = nn.Linear(factors + layers[-1], 1)
        self.begin()

    def begin(self) -> None:
        """The first weights: normal embeddings, Glorot's uniform in the MLP, LeCun's in the last layer."""
        for module in self.modules():
            if isinstance(module, nn.Embedding):
                nn.init.normal_(module.weight, std=EMBEDDING_STD)
            elif isinstance(module, nn.Linear):
                nn.init.xavier_uniform_(module.weight)
        nn.init.kaiming_uniform_(self.predict.weight, nonlinearity="linear")

    def forward(self, users: torch.Tensor, items: torch.Tensor) -> torch.Tensor:
        factorised = self.mf_user(users) * self.mf_item(items)
        perceived = self.mlp(torch.cat((self.mlp_user(users), self.mlp_item(items)), dim=1))
        logits: torch.Tensor = self.predict(torch.cat((factorised, perceived), dim=1))
        return logits.squeeze(1)


def parameters(model: torch.nn.Module) -> int:
    """How many numbers the model learns."""
    return sum(weight.numel() for weight in model.parameters())


def flop_per_sample(factors: int, layers: Sequence[int]) -> float:
    """FLOP to train on one sample: 2 for each multiply-add of the forward pass, and twice as many again for backward.

    Only matrix products count: the look-ups in the embeddings, the larger part of the traffic, are none.
    """
    with torch.device("meta"):
        model, one = NeuMF(1, 1, factors, layers).eval(), torch.empty(1, dtype=torch.int32)
    with FlopCounterMode(display=False) as counter, torch.inference_mode():
        model(one, one)
    forward: int = counter.get_total_flops()
    return 3.0 * forward
