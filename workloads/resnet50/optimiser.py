"""SGD with momentum, fused; weight decay spares biases and batch normalisation, as in MLPerf's reference."""

from __future__ import annotations

import torch

from workloads.resnet50.recipe import MOMENTUM, WEIGHT_DECAY


def sgd(model: torch.nn.Module) -> torch.optim.SGD:
    """The optimiser of `model`'s parameters; the loop sets its rate before each step.

    What has one dimension is a bias or a batch normalisation (mlcommons/training, resnet_run_loop.py: LARS skips
    both, SGD the latter; here both do).
    """
    weights = [weight for weight in model.parameters() if weight.ndim > 1]
    rest = [weight for weight in model.parameters() if weight.ndim <= 1]
    groups = [{"params": weights, "weight_decay": WEIGHT_DECAY}, {"params": rest, "weight_decay": 0.0}]
    return torch.optim.SGD(groups, lr=0.0, momentum=MOMENTUM, fused=True)
