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


def last_lines(path: Path, count: int) -> list[str]:
    """The last lines that aren't empty, cleaned; none where there is no output."""
    try:
        with path.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - TAIL_BYTES))
            text = file.read(TAIL_BYTES).decode("utf-8", "replace")
    except OSError:
        return []
    lines = [clean(line) for line in text.split("\n")]
    return [line for line in lines if line.strip()][-count:]
