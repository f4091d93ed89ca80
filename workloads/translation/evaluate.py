"""BLEU on the held-out sentences, each of them once."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import nn

from workloads.common.precision import Precision
from workloads.common.stop import Stop
from workloads.translation.data import HeldOut


@torch.inference_mode()
def evaluate(
    model: nn.Module,
    translate: Callable[[torch.Tensor], torch.Tensor],
    held: HeldOut,
    words: str,
    precision: Precision,
    stop: Stop,
) -> float | None:
    """BLEU, 0 to 1, of what `translate` makes with `model` of sources (N, M) on the device: ids (N, L).

    `words` is sacrebleu's way to cut words. None when a stop came in between.
    """
    from workloads.translation.bleu import bleu  # noqa: PLC0415  sacrebleu may be missing

    model.eval()
    translations: list[str] = []
    for batch in held.batches:
        with precision.autocast():
            ids = translate(batch.to(precision.device))
        translations += held.vocabulary.decode(ids.tolist())
        if stop.asked is not None:
            return None
    return bleu(translations, held.references, words)
