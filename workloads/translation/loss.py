"""Cross-entropy with smoothed labels over a vocabulary: torch's numbers with half of the traffic to memory.

The logits of a batch are the largest tensor of a translator by far. torch goes over them a dozen times, since it makes
the gradients of the label, of the smoothing and of the logarithm one after the other.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import nn


class SmoothedCrossEntropy(nn.Module):
    """Logits (N, vocabulary) and labels (N) to the sum of the losses of those labels that aren't `ignored`.

    A label has 1 - `smoothing` of the probability, and the whole vocabulary shares the rest evenly (Szegedy et al.,
    arXiv 1512.00567), as in torch.nn.CrossEntropyLoss.
    """

    def __init__(self, smoothing: float, ignored: int) -> None:
        super().__init__()
        self.smoothing, self.ignored = smoothing, ignored

    def forward(self, logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        total: torch.Tensor = _Sum.apply(logits, labels, self.smoothing, self.ignored)
        return total


class _Sum(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, logits: torch.Tensor, labels: torch.Tensor, smoothing: float, ignored: int) -> torch.Tensor:
        log_p = logits.log_softmax(1, dtype=torch.float32)
        right = log_p.gather(1, labels.unsqueeze(1)).squeeze(1)
        losses = -(1 - smoothing) * right - smoothing * log_p.mean(1)
        ctx.save_for_backward(log_p, labels)
        ctx.smoothing, ctx.ignored, ctx.type = smoothing, ignored, logits.dtype
        return losses.masked_fill(labels == ignored, 0).sum()

    @staticmethod
    def backward(ctx: Any, *given: torch.Tensor) -> tuple[torch.Tensor, None, None, None]:
        """Of a logit: its probability less what the smoothed label gives it."""
        log_p, labels = ctx.saved_tensors
        weight = given[0] * (labels != ctx.ignored).unsqueeze(1)
        made = log_p.exp().mul_(weight).sub_(weight * (ctx.smoothing / log_p.shape[1]))
        made.scatter_add_(1, labels.unsqueeze(1), -(1 - ctx.smoothing) * weight)
        return made.to(ctx.type), None, None, None
