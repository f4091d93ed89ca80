"""ResNet-50 in the plainest loop there is, to hold ours against: python -m tests.bench.plain PRECISION STEPS [BATCH].

Synthetic data on the GPU, channels-last, eager, fused SGD; images a second over the second half of the steps.
"""

from __future__ import annotations

import sys
import time
from typing import Any

import torch
import torchvision
from torch import nn

COMPUTE = {"amp-bf16": torch.bfloat16, "amp-fp16": torch.float16}


def main(precision: str, steps: int, batch: int) -> float:
    """Train for so many steps; images a second."""
    switches: tuple[Any, ...] = (torch.backends.cuda.matmul, torch.backends.cudnn)
    for switch in (switches[0], switches[1].conv):
        switch.fp32_precision = "tf32" if precision == "tf32" else "ieee"
    model = torchvision.models.resnet50().cuda().to(memory_format=torch.channels_last)
    images = torch.randn(batch, 3, 224, 224, device="cuda").to(memory_format=torch.channels_last)
    labels = torch.randint(1000, (batch,), device="cuda")
    optimiser = torch.optim.SGD(model.parameters(), 0.1, momentum=0.9, fused=True)
    scaler = torch.amp.GradScaler(enabled=precision == "amp-fp16")
    criterion = nn.CrossEntropyLoss()
    began = 0.0
    for n in range(steps):
        if n == steps // 2:
            torch.cuda.synchronize()
            began = time.perf_counter()
        with torch.autocast("cuda", COMPUTE.get(precision), enabled=precision in COMPUTE):
            loss = criterion(model(images), labels)
        scaler.scale(loss).backward()
        scaler.step(optimiser)
        scaler.update()
        optimiser.zero_grad(set_to_none=True)
    torch.cuda.synchronize()
    return (steps - steps // 2) * batch / (time.perf_counter() - began)


if __name__ == "__main__":
    asked = sys.argv[1:]
    print(f"plain {asked[0]} {main(asked[0], int(asked[1]), int((asked[2:] or ['256'])[0])):.1f} images/s")
