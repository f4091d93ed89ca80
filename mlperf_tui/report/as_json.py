"""The summary as JSON: what `summary.json` holds, and what other programs may rely on."""

from __future__ import annotations

import json
import math
from dataclasses import asdict
from typing import Any

from mlperf_tui.analysis.summary import Summary


def to_json(summary: Summary) -> str:
    """One object, indented; a number that JSON can't say is a string."""
    return json.dumps(sayable(asdict(summary)), indent=2, ensure_ascii=False, allow_nan=False)


def sayable(value: Any) -> Any:
    """The same with numbers of six decimals, and as a string each that JSON can't say."""
    if isinstance(value, float):
        return round(value, 6) if math.isfinite(value) else str(value)
    if isinstance(value, dict):
        return {str(key): sayable(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [sayable(item) for item in value]
    return value
