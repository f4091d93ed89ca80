"""Whether the terminal is still there: a viewer whose terminal is gone must go too, and quietly."""

from __future__ import annotations

import select
import sys


def gone() -> bool:
    """Whether the far end of standard input has hung up."""
    stream = sys.__stdin__
    if stream is None or stream.closed:
        return True
    asked = select.poll()
    asked.register(stream.fileno(), 0)
    return any(event & (select.POLLHUP | select.POLLNVAL) for _, event in asked.poll(0))
