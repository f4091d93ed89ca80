"""One append-only file of records: written so that a killed writer tears one line at most, read whole lines only."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator
from pathlib import Path

from mlperf_tui.records import Record, decode, encode

MAX_LINE_BYTES = 1 << 20
CHUNK_BYTES = MAX_LINE_BYTES
FIRST_BYTES = 64 << 10
"""The first read is small, since a reader often stops soon; the next ones grow up to a chunk."""


class Log:
    """Appends records. After a short write the next line starts with a newline, so the torn one spoils nothing.

    `on_full` is called when the disk is full; where it answers True, it made room and the write is tried once more.
    """

    def __init__(self, path: Path, on_full: Callable[[], bool] = lambda: False) -> None:
        self.lost = 0
        self._on_full = on_full
        self._torn = _ends_torn(path)
        self._fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)

    def write(self, *records: Record) -> None:
        """Append the records in one write; those that can't be written are counted in `lost`."""
        if not records:
            return
        lines = "".join(encode(record) + "\n" for record in records)
        data = (("\n" if self._torn else "") + lines).encode("utf-8", "replace")
        written = self._append(data)
        if written is None:
            self.lost += len(records)
            return
        self._torn = written < len(data)
        self.lost += data[written:].count(b"\n")

    def close(self) -> None:
        os.close(self._fd)

    def _append(self, data: bytes) -> int | None:
        try:
            return os.write(self._fd, data)
        except OSError as error:
            if error.errno not in {errno.ENOSPC, errno.EDQUOT} or not self._on_full():
                return None
        try:
            return os.write(self._fd, data)
        except OSError:
            return None


def _ends_torn(path: Path) -> bool:
    """Whether an existing file's last line lacks its newline: its writer was killed in the middle of it."""
    try:
        with path.open("rb") as file:
            if file.seek(0, os.SEEK_END) == 0:
                return False
            file.seek(-1, os.SEEK_END)
            return file.read(1) != b"\n"
    except OSError:
        return False


class Tail:
    """Follows one file from a byte offset; `skipped` counts lines that were no record, or too long."""

    def __init__(self, path: Path, offset: int = 0) -> None:
        self.path = path
        self.offset = offset
        self.skipped = 0

    def read(self) -> Iterator[Record]:
        """The records that have become whole since the last time.

        `offset` lies behind a record only once the next one is asked for, so that whoever stops in between goes on
        with that record. Of a line over MAX_LINE_BYTES each part is counted as skipped.
        """
        for line in self.lines():
            record = self._decode(line)
            if record is not None:
                yield record

    def lines(self) -> Iterator[bytes]:
        """The same as whole lines, whatever they hold."""
        size = FIRST_BYTES
        while True:
            chunk = self.peek(size)
            whole = chunk.rfind(b"\n") + 1 or (len(chunk) if len(chunk) >= MAX_LINE_BYTES else 0)
            if not whole and len(chunk) < size:
                return
            for line in chunk[:whole].splitlines(keepends=True):
                yield line
                self.offset += len(line)
            if len(chunk) < size:
                return
            size = min(CHUNK_BYTES, 4 * size)

    def peek(self, length: int = CHUNK_BYTES) -> bytes:
        """The next bytes, without moving on; none where the file can't be read."""
        try:
            with self.path.open("rb") as file:
                file.seek(self.offset)
                return file.read(length)
        except OSError:
            return b""

    def _decode(self, line: bytes) -> Record | None:
        if not line.strip(b"\0 \n"):
            return None
        if len(line) <= MAX_LINE_BYTES:
            try:
                return decode(line)
            except ValueError:
                pass
        self.skipped += 1
        return None
