"""HR@10: how often a user's held-out click is among the ten of its candidates that the model likes best."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import torch
from torchmetrics.retrieval import RetrievalHitRate

from workloads.common.precision import Precision
from workloads.common.stop import Stop
from workloads.ncf.batches import Candidates

TOP = 10


@torch.inference_mode()
def hit_rate(model: torch.nn.Module, ranking: Iterable[Candidates], precision: Precision, stop: Stop) -> float | None:
    """The share of users, 0 to 1; None when a stop came in between. Each tensor of a batch is (1, …) as loaded.

    The ranks are taken on the CPU: the metric goes from user to user, and on a GPU each would be waited for.
    """
    hits = seen = 0
    model.eval()
    for users, items, clicked in ranking:
        with precision.autocast():
            scores = score(model, users[0].to(precision.device), items[0].to(precision.device))
        hits += round(float(batch_hit_rate(scores.float().cpu(), clicked[0])) * users.shape[1])
        seen += users.shape[1]
        if stop.asked is not None:
            return None
    return hits / seen


def score(model: Callable[..., Any], users: torch.Tensor, items: torch.Tensor) -> torch.Tensor:
    """Logits (U, C) of the candidates (U, C) of users (U)."""
    logits: torch.Tensor = model(users.repeat_interleave(items.shape[1]), items.flatten())
    return logits.view_as(items)


def batch_hit_rate(scores: torch.Tensor, clicked: torch.Tensor) -> torch.Tensor:
    """The hit rate of some users: scores (U, C) and which candidate was clicked (U, C) bool.

    One rank evaluates alone: a metric that wanted to hear the others would wait for ever.
    """
    metric = RetrievalHitRate(top_k=TOP, sync_on_compute=False)
    whose = torch.arange(len(scores)).repeat_interleave(scores.shape[1])
    metric.update(scores.flatten(), clicked.flatten(), whose)
    rate: torch.Tensor = metric.compute()
    return rate
