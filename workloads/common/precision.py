"""What a precision's name means here: the TF32 switches, autocast and the loss scale.

`fp32` is IEEE single precision throughout, so TF32 is off (torch's own default for convolutions is on); `tf32` is on
for matrix products and convolutions; `amp` is bf16 where the device has it natively, else fp16 with a loss scale.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

import torch

from workloads.common.refusals import refuse_precision


@dataclass(frozen=True, slots=True)
class Precision:
    """A precision as it is run on `device`; `compute` is autocast's type, None where nothing is cast."""

    name: str
    device: torch.device
    compute: torch.dtype | None

    def autocast(self) -> AbstractContextManager[None]:
        """Cast what may be cast to `compute` inside this context."""
        return torch.autocast(self.device.type, dtype=self.compute, enabled=self.compute is not None)

    def scaler(self) -> torch.amp.GradScaler:
        """The loss scale that fp16 gradients need; for the others one that changes nothing."""
        return torch.amp.GradScaler(self.device.type, enabled=self.compute is torch.float16)


def resolve(asked: str | None, device: torch.device) -> Precision:
    """Settle `asked` for the device and set the TF32 switches. Raises Refusal when the device can't do it."""
    capability = torch.cuda.get_device_capability(device) if device.type == "cuda" else None
    name = asked or ("amp" if capability else "fp32")
    if name == "amp":
        name = "amp-fp16" if capability is not None and capability < (8, 0) else "amp-bf16"
    refuse_precision(name, device.type, capability)
    _set_tf32(name == "tf32")
    compute = {"amp-bf16": torch.bfloat16, "amp-fp16": torch.float16}.get(name)
    return Precision(name, device, compute)


def _set_tf32(on: bool) -> None:
    """Set every switch by torch's newer names where it has them (2.9 on): it raises when both kinds are in use.

    For matrices torch.compile still asks by the older name, so first both are set by the one call that knows both.
    """
    matmul: Any = torch.backends.cuda.matmul
    cudnn: Any = torch.backends.cudnn
    if hasattr(matmul, "fp32_precision"):
        torch.set_float32_matmul_precision("high" if on else "highest")
        for switch in (matmul, cudnn.conv, cudnn.rnn):
            switch.fp32_precision = "tf32" if on else "ieee"
    else:
        matmul.allow_tf32 = cudnn.allow_tf32 = on
