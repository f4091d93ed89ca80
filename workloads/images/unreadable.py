"""A file that is no image after all, met in the midst of a run: one sentence instead of a traceback."""

from __future__ import annotations

import sys
import traceback


class UnreadableImage(Exception):
    """Met when it is loaded: its text is one sentence."""


def told(error: UnreadableImage) -> int:
    """The exit code, after the sentence; torch adds a loader's traceback in front of it."""
    traceback.clear_frames(error.__traceback__)  # they hold the loaders, whose workers would be waited for
    print(str(error).strip().rpartition("UnreadableImage: ")[2], file=sys.stderr, flush=True)
    return 1
