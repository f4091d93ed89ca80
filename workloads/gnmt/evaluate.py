"""BLEU on the held-out sentences, each of them once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import torch

from workloads.common.precision import Precision
from workloads.common.stop import Stop
from workloads.gnmt.model import GNMT, Source, State
from workloads.gnmt.recipe import Recipe
from workloads.gnmt.search import Beam, Next, Step
from workloads.translation.pieces import PAD

if TYPE_CHECKING:
    from workloads.translation.vocabulary import Vocabulary

WORDS = "intl"
"""MLPerf scores GNMT by sacrebleu's `--tokenize intl` (mlcommons/training, rnn_translator), the Transformer by 13a."""


@torch.inference_mode()
def evaluate(
    model: GNMT,
    batches: Iterable[torch.Tensor],
    references: Sequence[str],
    vocabulary: Vocabulary,
    recipe: Recipe,
    precision: Precision,
    stop: Stop,
) -> float | None:
    """BLEU, 0 to 1, of the translations of `batches` (N, M); None when a stop came in between."""
    from workloads.translation.bleu import bleu  # noqa: PLC0415  sacrebleu may be missing

    model.eval()
    translations: list[str] = []
    for batch in batches:
        with precision.autocast():
            ids = translate(model, batch.to(precision.device), recipe)
        translations += vocabulary.decode(ids.tolist())
        if stop.asked is not None:
            return None
    return bleu(translations, references, WORDS)


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
