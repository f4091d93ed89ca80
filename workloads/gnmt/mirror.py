"""Sentences read backwards, their padding left behind them."""

from __future__ import annotations

from typing import Any

import torch


def mirrored(seen: torch.Tensor) -> torch.Tensor:
    """The place (N, M) that each place changes with when a sentence is read backwards; padding stays where it is.

    So an LSTM reads the last piece first and no padding before it, as with torch's packed sequences, but batches keep
    one shape and lengths stay on the device.
    """
    places = torch.arange(seen.shape[1], device=seen.device)
    return torch.where(seen, seen.sum(1, keepdim=True) - 1 - places, places)


def backwards(x: torch.Tensor, mirror: torch.Tensor) -> torch.Tensor:
    """X (N, M, hidden) with its places changed by `mirror` (N, M)."""
    made: torch.Tensor = _Changed.apply(x, mirror.unsqueeze(2).expand_as(x))
    return made


class _Changed(torch.autograd.Function):
    """Places that change with each other change back the same way: torch would add up where nothing meets."""

    @staticmethod
    def forward(ctx: Any, x: torch.Tensor, mirror: torch.Tensor) -> torch.Tensor:
        ctx.save_for_backward(mirror)
        return x.gather(1, mirror)

    @staticmethod
    def backward(ctx: Any, *given: torch.Tensor) -> tuple[torch.Tensor, None]:
        (mirror,) = ctx.saved_tensors
        return given[0].gather(1, mirror), None
