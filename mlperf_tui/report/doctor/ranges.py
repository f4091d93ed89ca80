"""Whole numbers in few words."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby


def ranges(numbers: Iterable[int]) -> str:
    """Such as 0-3,8,10-11: as the kernel and taskset write processors."""
    runs: Iterable[list[tuple[int, int]]] = (
        list(run) for _, run in groupby(enumerate(sorted(set(numbers))), lambda pair: pair[1] - pair[0])
    )
    return ",".join(_run(run[0][1], run[-1][1]) for run in runs)


def gpus_in_words(indices: Iterable[int]) -> str:
    """Such as `GPU 3`, or `GPUs 0-3`."""
    text = ranges(indices)
    return f"GPU {text}" if text.isdigit() else f"GPUs {text}"


def _run(first: int, last: int) -> str:
    return str(first) if first == last else f"{first}-{last}"
