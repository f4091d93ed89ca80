"""On which kind of file system a place lies."""

from __future__ import annotations

import re
from pathlib import Path

OCTAL = re.compile(r"\\([0-7]{3})")
MOUNTS = Path("/proc/self/mounts")


def kind_of(place: Path, mounts: Path = MOUNTS) -> str | None:
    """Such as ext4 or nfs4; None where the kernel doesn't tell."""
    try:
        return kind_in(mounts.read_text(errors="surrogateescape"), place.resolve())
    except (OSError, RuntimeError):
        return None


def kind_in(text: str, place: Path) -> str | None:
    """By the longest mount point above the place; of two mounted over each other, by the later (proc(5), fstab(5))."""
    lines = (line.split(" ") for line in text.splitlines())
    mounts = [(Path(unescaped(words[1])), words[2]) for words in lines if len(words) > 2]
    above = [(len(point.parts), kind) for point, kind in mounts if point == place or point in place.parents]
    return max(reversed(above), key=lambda found: found[0], default=(0, None))[1]


def unescaped(text: str) -> str:
    """The kernel writes spaces, tabs, newlines and backslashes as three octal digits."""
    return OCTAL.sub(lambda match: chr(int(match[1], 8)), text)
