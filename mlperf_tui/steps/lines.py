"""How the protocol's lines are written: formatted, since `json.dumps` costs three times as much."""

from __future__ import annotations

import math
from typing import Any, Optional, Tuple

Numbers = Tuple[Optional[float], Optional[float], Optional[float]]


def late_line(
    n: int,
    gpu_s: Optional[float],
    numbers: Numbers,
    lr: Optional[float],
    skipped: Optional[bool],
    memory: Optional[int],
    exposed_s: Optional[float] = None,
) -> str:
    """One Late line; `numbers` are loss, gradient norm and loss scale, `exposed_s` is its exposed all-reduce."""
    loss, grad_norm, loss_scale = numbers
    line = f'{{"late":{{"n":{n}'
    for name, seconds in (("gpu_s", gpu_s), ("exposed_allreduce_s", exposed_s)):
        if seconds is not None:
            line += f',"{name}":{seconds:.6f}'
    for name, number in (("loss", loss), ("lr", lr), ("grad_norm", grad_norm), ("loss_scale", loss_scale)):
        if number is not None:
            line += f',"{name}":{_number(number)}'
    if skipped is not None:
        line += f',"skipped":{"true" if skipped else "false"}'
    if memory is not None:
        line += f',"memory_allocated_bytes":{memory}'
    return line + "}}\n"


def _number(value: float) -> str:
    text = f"{value:.6g}"
    return text if math.isfinite(value) else f'"{text}"'


def sayable(value: Any) -> Any:
    """The same value with what JSON can't say written as a string."""
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, dict):
        return {str(key): sayable(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [sayable(item) for item in value]
    return value
