"""From sources to translations: what the model says of the next piece, as the search asks for it."""

from __future__ import annotations

import torch
from torch.nn.attention import SDPBackend, sdpa_kernel

from workloads.transformer.model import Transformer
from workloads.transformer.packing import alone
from workloads.transformer.recipe import LENGTH_PENALTY, Recipe
from workloads.transformer.search import Beam, Next, greedy
from workloads.translation.pieces import PAD

KERNELS = [SDPBackend.FLASH_ATTENTION, SDPBackend.EFFICIENT_ATTENTION, SDPBackend.MATH]
"""Not cuDNN's: it plans for each shape anew, a good part of a second long, and here every piece has another one."""


@sdpa_kernel(KERNELS)
def translate(model: Transformer, sources: torch.Tensor, recipe: Recipe) -> torch.Tensor:
    """Sources (N, L), padded, to their translations (N, M): greedily with one beam."""
    longest = int((sources != PAD).sum(1).max())
    following = follow(model, sources[:, :longest], recipe.beams)
    pieces = longest + recipe.extra
    if recipe.beams == 1:
        return greedy(following, len(sources), pieces, sources.device)
    return Beam(len(sources), recipe.beams, LENGTH_PENALTY, pieces, sources.device).search(following)


def follow(model: Transformer, sources: torch.Tensor, beams: int) -> Next:
    """The model of the next piece, given these sources, each of them `beams` times."""
    source = alone(sources)
    encoded = model.encode(source).repeat_interleave(beams, 0)
    segments = source.segments.repeat_interleave(beams, 0)

    def following(ids: torch.Tensor) -> torch.Tensor:
        states = model.decode(alone(ids), encoded, segments)
        return model.logits(states[:, -1]).float().log_softmax(-1)

    return following
