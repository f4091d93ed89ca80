"""The loop itself: autocast, a loss scale for fp16, a fused optimiser, noise that stays on the GPU."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, NamedTuple

import torch
from torch import nn

COMPUTE = {"amp-bf16": torch.bfloat16, "amp-fp16": torch.float16}
WARMUP = 3


class Plain(NamedTuple):
    """A model, its optimiser, the loss of a step, how many samples it has; gradients are clipped to `norm`."""

    model: nn.Module
    optimiser: torch.optim.Optimizer
    loss: Callable[[], torch.Tensor]
    samples: int
    norm: float | None = None


def switch_tf32(*, on: bool) -> None:
    """For products, convolutions and recurrent layers."""
    torch.set_float32_matmul_precision("high" if on else "highest")
    switches: tuple[Any, ...] = (torch.backends.cuda.matmul, torch.backends.cudnn)
    for one in (switches[0], switches[1].conv, switches[1].rnn):
        one.fp32_precision = "tf32" if on else "ieee"


def per_second(plain: Plain, precision: str, seconds: float) -> float:
    """Samples a second, after some steps of warm-up."""
    scaler = torch.amp.GradScaler(enabled=precision == "amp-fp16")
    for _ in range(WARMUP):
        step(plain, scaler, precision)
    torch.cuda.synchronize()
    began, steps = time.perf_counter(), 0
    while time.perf_counter() - began < seconds:
        for _ in range(5):
            step(plain, scaler, precision)
        torch.cuda.synchronize()
        steps += 5
    return steps * plain.samples / (time.perf_counter() - began)


def step(plain: Plain, scaler: torch.amp.GradScaler, precision: str) -> torch.Tensor:
    """One, and its loss, which stays on the device."""
    with torch.autocast("cuda", COMPUTE.get(precision), enabled=precision in COMPUTE):
        loss = plain.loss()
    scaler.scale(loss).backward()  # type: ignore[no-untyped-call]
    if plain.norm is not None:
        scaler.unscale_(plain.optimiser)
        nn.utils.clip_grad_norm_(plain.model.parameters(), plain.norm)
    scaler.step(plain.optimiser)
    scaler.update()
    plain.optimiser.zero_grad(set_to_none=True)
    return loss.detach()


def adam(model: nn.Module, samples: int, loss: Callable[[], torch.Tensor]) -> Plain:
    """With torch's fused Adam."""
    return Plain(model, torch.optim.Adam(model.parameters(), 1e-4, fused=True), loss, samples)


def sgd(model: nn.Module, samples: int, loss: Callable[[], torch.Tensor]) -> Plain:
    """With torch's fused SGD."""
    return Plain(model, torch.optim.SGD(model.parameters(), 1e-3, momentum=0.9, fused=True), loss, samples)
