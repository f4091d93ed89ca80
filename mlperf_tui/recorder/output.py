"""The program's output while it grows: marks are read out of it, and its middle is dropped when it grows too large."""

from __future__ import annotations

import ctypes
import os
import time
from collections.abc import Iterator
from pathlib import Path

from mlperf_tui.recorder.printed import mllog
from mlperf_tui.records import Mark
from mlperf_tui.session.folder import Folder
from mlperf_tui.session.log import Log, Tail

CHUNK_BYTES = 1 << 20
CAP_BYTES = 1 << 30
DAY_NS = 86_400_000_000_000
FALLOC_FL_KEEP_SIZE_PUNCH_HOLE = 0x03


class Output:
    """Follows output.log from its start; marks that an earlier recorder wrote down already are not written again."""

    def __init__(self, folder: Folder) -> None:
        self._path = folder.output
        self._log = Log(folder.printed)
        self._known = sum(isinstance(record, Mark) for record in Tail(folder.printed).read())
        self._offset = 0

    @property
    def lost(self) -> int:
        return self._log.lost

    def size(self) -> int:
        """Bytes that the program has written so far."""
        try:
            return self._path.stat().st_size
        except OSError:
            return 0

    def take_marks(self, *, last: bool = False) -> None:
        """Write down the marks that have been printed since; at the `last` time an unfinished line counts too."""
        marks = [_mark(event) for line in self._new_lines(last) if (event := mllog.parse(line)) is not None]
        new = marks[self._known :]
        self._known = max(0, self._known - len(marks))
        self._log.write(*new)

    def cap(self, cap_bytes: int = CAP_BYTES) -> str | None:
        """Drop the middle of a file over the cap, by a hole, so that every offset stays true; what to tell of it.

        A sixteenth of the cap is kept at the start and half of it at the end.
        """
        try:
            status = self._path.stat()
        except OSError:
            return None
        first, last = cap_bytes // 16, status.st_size - cap_bytes // 2
        if status.st_blocks * 512 <= cap_bytes or last <= first:
            return None
        if not _punch(self._path, first, last - first):
            return f"the output has grown beyond {cap_bytes >> 20} MiB and can't be cut on this file system"
        return f"the output has grown beyond {cap_bytes >> 20} MiB: its middle was dropped"

    def close(self) -> None:
        self._log.close()

    def _new_lines(self, last: bool) -> Iterator[str]:
        try:
            file = self._path.open("rb")
        except OSError:
            return
        with file:
            while True:
                file.seek(self._offset)
                chunk = file.read(CHUNK_BYTES)
                whole = chunk.rfind(b"\n") + 1 or (len(chunk) if last or len(chunk) == CHUNK_BYTES else 0)
                if not whole:
                    return
                self._offset += whole
                yield from _marked_lines(chunk[:whole])


def _marked_lines(chunk: bytes) -> Iterator[str]:
    """Lines that may hold a mark; most chunks hold none and cost one search."""
    if mllog.PREFIX.encode() in chunk:
        for line in chunk.split(b"\n"):
            if mllog.PREFIX.encode() in line:
                yield line.decode("utf-8", "replace")


def _mark(event: mllog.Printed) -> Mark:
    """On the monotonic clock; a time that can't be (another host's clock, a replayed log) gives way to now."""
    now, wall = time.monotonic_ns(), time.time_ns()
    ago = 0 if event.wall_ns is None else wall - event.wall_ns
    return Mark(now - ago if 0 <= ago < DAY_NS else now, event.key, event.value, event.metadata)


def _punch(path: Path, offset: int, length: int) -> bool:
    """fallocate(2) with FALLOC_FL_PUNCH_HOLE: the blocks are given back, the size stays."""
    descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    try:
        fallocate = ctypes.CDLL(None, use_errno=True).fallocate
        arguments = (ctypes.c_int64(offset), ctypes.c_int64(length))
        return bool(fallocate(descriptor, FALLOC_FL_KEEP_SIZE_PUNCH_HOLE, *arguments) == 0)
    except AttributeError:
        return False
    finally:
        os.close(descriptor)
