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
) -> str:
    """One Late line; `numbers` are loss, gradient norm and loss scale."""
    loss, grad_norm, loss_scale = numbers
    line = f'{{"late":{{"n":{n}'
    if gpu_s is not None:
        line += f',"gpu_s":{gpu_s:.6f}'
    if loss is not None:
        line += f',"loss":{_number(loss)}'
    if lr is not None:
        line += f',"lr":{_number(lr)}'
    if grad_norm is not None:
        line += f',"grad_norm":{_number(grad_norm)}'
    if loss_scale is not None:
        line += f',"loss_scale":{_number(loss_scale)}'
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
