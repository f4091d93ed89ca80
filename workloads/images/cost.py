"""What a model of images costs: its parameters, and its FLOP an image."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode


def parameters(model: nn.Module) -> int:
    """How many numbers the model learns."""
    return sum(weight.numel() for weight in model.parameters())


def flop_per_image(build: Callable[[], nn.Module], pixels: int) -> float:
    """FLOP to train on one image: 2 for each multiply-add of the forward pass, and twice as many again for backward."""
    with torch.device("meta"):
        model, image = build().eval(), torch.empty(1, 3, pixels, pixels)
    with FlopCounterMode(display=False) as counter, torch.inference_mode():
        model(image)
    forward: int = counter.get_total_flops()
    return 3.0 * forward
