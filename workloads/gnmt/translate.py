"""From sources to translations: what the model says of the next piece, as beam search asks for it."""

from __future__ import annotations

import torch

from workloads.common.lstm import State
from workloads.gnmt.model import GNMT, Source
from workloads.gnmt.recipe import Recipe
from workloads.gnmt.search import Beam, Next, Step
from workloads.translation.pieces import PAD


def translate(model: GNMT, sources: torch.Tensor, recipe: Recipe) -> torch.Tensor:
    """Sources (N, M), padded, to their translations (N, L): greedily with one beam."""
    longest = int((sources != PAD).sum(1).max())
    beam = Beam(len(sources), recipe.beams, longest + recipe.extra, longest, sources.device)
    return beam.search(follow(model, sources[:, :longest], recipe.beams))


def follow(model: GNMT, sources: torch.Tensor, beams: int) -> Next:
    """The model of the next piece, given these sources, each of them `beams` times."""
    source = Source(*(part.repeat_interleave(beams, 0) for part in model.encode(sources)))

    def following(last: torch.Tensor, states: list[State] | None) -> Step:
        decoded = model.decode(last[:, None], source, states)
        log_p = model.logits(decoded.outputs[:, 0]).float().log_softmax(-1)
        return Step(log_p, decoded.weights[:, 0].float(), decoded.states)

    return following
