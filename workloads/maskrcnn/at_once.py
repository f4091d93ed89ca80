"""The same for each image of a batch at the same time: a thread and a CUDA stream an image, where each waits."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any

import torch

THREADS = 8
"""Images at a time: more are more than a GPU does side by side, and few batches have more."""


def at_once(work: Callable[..., torch.Tensor], *columns: Sequence[Any]) -> list[torch.Tensor]:
    """What `work` makes of each row of `columns`, whose first are tensors; without a GPU one after the other.

    Gradients aren't followed: another thread doesn't know whether they are wanted.
    """
    device = columns[0][0].device
    if device.type != "cuda" or len(columns[0]) == 1:
        return [work(*row) for row in zip(*columns, strict=True)]
    current = torch.cuda.current_stream(device)
    streams = [_stream(device, place % THREADS) for place in range(len(columns[0]))]

    @torch.no_grad()
    def aside(stream: torch.cuda.Stream, *row: Any) -> torch.Tensor:
        with torch.cuda.stream(stream):
            stream.wait_stream(current)
            return work(*row)

    made = list(_threads().map(aside, streams, *columns))
    for stream, one in zip(streams, made, strict=True):
        current.wait_stream(stream)
        one.record_stream(current)
    return made


@cache
def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(THREADS, "images")


@cache
def _stream(device: torch.device, place: int) -> torch.cuda.Stream:  # noqa: ARG001  one stream a place
    """Always the same one: memory is kept by stream."""
    return torch.cuda.Stream(device)  # type: ignore[no-untyped-call]
