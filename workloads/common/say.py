"""What a run prints: of several ranks the first one speaks for all."""

from __future__ import annotations

from workloads.common.ranks import ranks


def say(line: str) -> None:
    """One line on stdout, at once: it may be a file that somebody reads along."""
    if ranks().first:
        print(line, flush=True)
