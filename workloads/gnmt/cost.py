"""What a token costs: the LSTMs by formula, which torch's FLOP counter takes for nothing, and the rest by hand."""

from __future__ import annotations

import torch
from torch import nn

from workloads.common.recurrent import flop_per_step
from workloads.gnmt.model import GNMT
from workloads.gnmt.recipe import Recipe


def flop_per_token(recipe: Recipe, vocabulary: int) -> float:
    """FLOP to train on one target position, and on the source position beside it, padding or not.

    2 for each multiply-add of the forward pass, and twice as many again for backward. Beside the LSTMs: query and key,
    scores and sums of attention with all positions of the source, logits.
    """
    hidden = recipe.hidden
    attention = 2 * hidden * hidden + 2 * recipe.length * hidden
    return 3.0 * (lstms(recipe, vocabulary) + 2.0 * (attention + hidden * vocabulary))


def lstms(recipe: Recipe, vocabulary: int) -> float:
    """FLOP of one position forward through every LSTM of either side, the first layer's both ways among them."""
    with torch.device("meta"):
        layers = [part for part in GNMT(recipe, vocabulary).modules() if isinstance(part, nn.LSTM)]
    return sum(
        (1 + layer.bidirectional) * flop_per_step("LSTM", layer.input_size, layer.hidden_size) for layer in layers
    )
