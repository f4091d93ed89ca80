"""A large file of lines in blocks, backwards or forwards from any byte. The holes that a cap leaves aren't read."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mlperf_tui.frozen import frozen

BLOCK_BYTES = 1 << 18
LINE_BYTES = 1 << 16
"""Of a longer line its end counts: a progress bar's last state stands there."""

BREAK = b"\n"


@frozen
class Run:
    """Whole lines that lie behind one another from byte `start` to byte `end`."""

    start: int
    end: int
    raw: bytes


def line_start(path: Path, before: int) -> int:
    """Where the line begins that the byte before `before` belongs to; `before` itself if that byte ends a line."""
    edge = before
    with opened(path) as file:
        for low, block in _blocks_back(file, before):
            if low + len(block) != edge:
                return edge
            if (found := block.rfind(BREAK)) >= 0:
                return low + found + 1
            edge = low
    return edge


def runs_back(file: int | None, before: int) -> Iterator[Run]:
    """The last run first. The end of a line whose beginning isn't read yet is carried on to the block before."""
    edge, end, tail = before, before, b""
    for low, block in _blocks_back(file, before):
        if low + len(block) != edge:
            yield Run(edge, end, tail)
            end, tail = low + len(block), b""
        edge = low
        first = block.find(BREAK) + 1
        if first:
            yield Run(low + first, end, block[first:] + tail)
            end, tail = low + first, block[:first]
        else:
            tail = (block + tail)[-LINE_BYTES - 1 :]
    yield Run(edge, end, tail)


def runs_ahead(file: int | None, after: int, end: int) -> Iterator[Run]:
    """The first run first. The beginning of a line whose end isn't read yet is carried on to the next block."""
    start, edge, head = after, after, b""
    for low, block in _blocks_ahead(file, after, end):
        if low != edge:
            yield Run(start, edge, head + BREAK)
            start, head = low, b""
        edge = low + len(block)
        first, last = block.find(BREAK) + 1, block.rfind(BREAK) + 1
        if first:
            yield Run(start, low + first, head + block[:first])
            yield Run(low + first, low + last, block[first:last] or BREAK)
            start, head = low + last, block[last:]
        else:
            head = (head + block)[-LINE_BYTES:]
    yield Run(start, edge, head)


def _blocks_back(file: int | None, before: int) -> Iterator[tuple[int, bytes]]:
    """Blocks that hold data, the last one first, each with its offset."""
    high = before
    while file is not None and high > 0:
        low = max(0, high - BLOCK_BYTES)
        if _data_from(file, low, high) < high and (block := _read(file, low, high)):
            yield low, block
        high = low


def _blocks_ahead(file: int | None, after: int, end: int) -> Iterator[tuple[int, bytes]]:
    low = after
    while file is not None and (low := _data_from(file, low, end)) < end:
        if not (block := _read(file, low, min(low + BLOCK_BYTES, end))):
            return
        yield low, block
        low += len(block)


def _read(file: int, low: int, high: int) -> bytes:
    """The NULs that a hole is read as end a line."""
    return os.pread(file, high - low, low).replace(b"\0", BREAK)


def _data_from(file: int, low: int, high: int) -> int:
    """The first byte from `low` on that isn't in a hole, `high` if there is none; `low` where holes can't be told."""
    try:
        return min(os.lseek(file, low, os.SEEK_DATA), high)
    except OSError as error:
        return high if error.errno == errno.ENXIO else low


@contextmanager
def opened(path: Path) -> Iterator[int | None]:
    """A descriptor to read it by, None where it can't be opened."""
    try:
        file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        yield None
        return
    try:
        yield file
    finally:
        os.close(file)
