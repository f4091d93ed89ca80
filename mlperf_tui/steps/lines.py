"""How the protocol's lines are written: formatted, since `json.dumps` costs three times as much."""

from __future__ import annotations

import math
from typing import Any, List, Optional


def late_line(
    n: int,
    gpu_s: Optional[float],
    numbers: List[Optional[float]],
    lr: Optional[float],
    skipped: Optional[bool],
    memory: Optional[int],
) -> str:
    """One Late line; `numbers` are loss, gradient norm and loss scale."""
    parts = [f'{{"late":{{"n":{n}']
    if gpu_s is not None:
        parts.append(f'"gpu_s":{gpu_s:.6f}')
    named = (("loss", numbers[0]), ("lr", lr), ("grad_norm", numbers[1]), ("loss_scale", numbers[2]))
    parts.extend(f'"{name}":{_number(value)}' for name, value in named if value is not None)
    if skipped is not None:
        parts.append(f'"skipped":{"true" if skipped else "false"}')
    if memory is not None:
        parts.append(f'"memory_allocated_bytes":{memory}')
    return ",".join(parts) + "}}\n"


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
