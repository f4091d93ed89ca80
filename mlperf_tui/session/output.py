"""The program's own output, read from its end, with nothing left in it that a terminal would obey."""

from __future__ import annotations

import os
import re
from pathlib import Path

ESCAPES = re.compile(
    r"\x1b(?:\[[0-?]*[ -/]*[@-~]?|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[PX^_][^\x1b]*(?:\x1b\\)?|[ -/]*[0-~])?"
)
"""ECMA-48: CSI, OSC, the string sequences and the short ones, also when they are cut off."""

CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
TAIL_BYTES = 1 << 16


def clean(line: str) -> str:
    """One line without escapes, control characters and bidi overrides; of a progress bar only its last state."""
    shown = ESCAPES.sub("", line.rstrip("\r\n")).rpartition("\r")[2]
    return CONTROLS.sub("", shown.replace("\t", "    "))


def last_lines(path: Path, count: int, end: int | None = None) -> list[str]:
    """The last lines that aren't empty, cleaned; none where there is no output.

    With `end`, the last before that byte: a line that goes on beyond it is left out.
    """
    try:
        with path.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            stop = size if end is None else min(end, size)
            file.seek(max(0, stop - TAIL_BYTES))
            told = file.read(stop - file.tell())
    except OSError:
        return []
    if stop < size:
        told = told[: told.rfind(b"\n") + 1]
    lines = [clean(line) for line in told.decode("utf-8", "replace").split("\n")]
    return [line for line in lines if line.strip()][-count:]


class LastLines:
    """The last lines of an output, read again only when they are others."""

    def __init__(self, path: Path, count: int) -> None:
        self._path = path
        self._count = count
        self._stamp: object = None
        self._lines: tuple[str, ...] = ()

    def read(self, end: int | None = None) -> tuple[tuple[str, ...], int]:
        """The lines before the byte `end`, or before that where the file ends; and that byte."""
        try:
            found = self._path.stat()
        except OSError:
            return (), 0
        stop = found.st_size if end is None else min(end, found.st_size)
        stamp = (stop, found.st_mtime_ns if stop == found.st_size else 0)
        if stamp != self._stamp:
            self._stamp = stamp
            self._lines = tuple(last_lines(self._path, self._count, stop))
        return self._lines, stop
