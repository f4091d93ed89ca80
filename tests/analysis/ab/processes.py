"""Processes as evidence, made by hand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mlperf_tui.analysis.ab.evidence import Process, Window

PAIR_S = 30.0


def process(
    arm: str, pair: int, per_s: float = 100.0, *, metrics: Mapping[str, float | None] | None = None, **other: Any
) -> Process:
    """A process with two windows of one second, in the order A B, B A of arms "a" and "b"."""
    second = (arm == "b") == (pair % 2 == 1)
    at_s = pair * PAIR_S + (10.0 if second else 0.0)
    windows = tuple(Window(at_s + 2 * n, 10, round(1_000 * per_s), 1_000.0) for n in range(2))
    given = {"status": "finished", "usable": True, "windows": windows, "metrics": metrics or {}, **other}
    return Process(f"s-{arm}-{pair}", arm, pair, **given)
