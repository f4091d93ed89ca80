"""BLEU on the held-out sentences, each of them once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

import torch

from workloads.common.precision import Precision
from workloads.common.stop import Stop
from workloads.transformer.model import Transformer
from workloads.transformer.packing import alone
from workloads.transformer.recipe import LENGTH_PENALTY, Recipe
from workloads.transformer.search import Beam, greedy
from workloads.translation.pieces import PAD

if TYPE_CHECKING:
    from workloads.translation.vocabulary import Vocabulary


@torch.inference_mode()
def evaluate(
    model: Transformer,
    batches: Iterable[torch.Tensor],
    references: Sequence[str],
    vocabulary: Vocabulary,
    recipe: Recipe,
    precision: Precision,
    stop: Stop,
) -> float | None:
    """BLEU, 0 to 1, of the translations of `batches` (N, L); None when a stop came in between."""
    from workloads.translation.bleu import bleu  # noqa: PLC0415  sacrebleu may be missing

    model.eval()
    translations: list[str] = []
    for batch in batches:
        with precision.autocast():
            ids = translate(model, batch.to(precision.device), recipe)
        translations += vocabulary.decode(ids.tolist())
        if stop.asked is not None:
            return None
    return bleu(translations, references)


def translate(model: Transformer, sources: torch.Tensor, recipe: Recipe) -> torch.Tensor:
    """Sources (N, L), padded, to their translations (N, M): greedily with one beam."""
    longest = int((sources != PAD).sum(1).max())
    following = follow(model, sources[:, :longest], recipe.beams)
    pieces = longest + recipe.extra
    if recipe.beams == 1:
        return greedy(following, len(sources), pieces, sources.device)
    return Beam(len(sources), recipe.beams, LENGTH_PENALTY, pieces, sources.device).search(following)


def follow(model: Transformer, sources: torch.Tensor, beams: int) -> Callable[[torch.Tensor], torch.Tensor]:
    """The model of the next piece, given these sources, each of them `beams` times."""
    source = alone(sources)
    encoded = model.encode(source).repeat_interleave(beams, 0)
    segments = source.segments.repeat_interleave(beams, 0)

    def following(ids: torch.Tensor) -> torch.Tensor:
        states = model.decode(alone(ids), encoded, segments)
        return model.logits(states[:, -1]).float().log_softmax(-1)

    return following
