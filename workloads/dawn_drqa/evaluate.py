"""SQuAD's F1: how well the words of the likeliest piece of each passage are those of an answer."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import torch
from torch.nn.functional import pad
from torchmetrics.functional.text import squad

from workloads.common.precision import Precision
from workloads.common.stop import Stop
from workloads.dawn_drqa.examples import Example, Read
from workloads.dawn_drqa.recipe import LONGEST_ANSWER


@torch.inference_mode()
def evaluate(
    model: torch.nn.Module, batches: Iterable[Read], asked: Sequence[Example], precision: Precision, stop: Stop
) -> float | None:
    """F1, 0 to 1, on `batches` of the questions `asked`, in their order; None when a stop came in between.

    Each tensor of a batch is (1, …) as loaded.
    """
    model.eval()
    found: list[tuple[int, int]] = []
    for batch in batches:
        with precision.autocast():
            scores = model(*(part[0].to(precision.device, non_blocking=True) for part in batch))
        found += spans(*scores)
        if stop.asked is not None:
            return None
    return f1([one.piece(*span) for one, span in zip(asked, found, strict=True)], asked)


def spans(first: torch.Tensor, last: torch.Tensor) -> list[tuple[int, int]]:
    """The first and the last word of each passage's likeliest answer, by their logits (N, L).

    Of the pieces of up to LONGEST_ANSWER words it is the one whose two probabilities have the largest product.
    """
    ends = pad(last, (0, LONGEST_ANSWER - 1), value=-torch.inf).unfold(1, LONGEST_ANSWER, 1)
    best = (first.unsqueeze(2) + ends).flatten(1).argmax(1).tolist()
    return [(which // LONGEST_ANSWER, which // LONGEST_ANSWER + which % LONGEST_ANSWER) for which in best]


def f1(found: Sequence[str], asked: Sequence[Example]) -> float:
    """F1 as SQuAD's own script has it: of each question the best over its answers, and the mean of that."""
    said = [{"id": one.name, "prediction_text": text} for one, text in zip(asked, found, strict=True)]
    right: Any = [
        {"id": one.name, "answers": {"text": list(one.answers), "answer_start": list(one.starts)}} for one in asked
    ]
    return float(squad(said, right)["f1"]) / 100
