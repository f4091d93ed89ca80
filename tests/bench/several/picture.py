"""A running session's screen as text: python -m tests.bench.several.picture FOLDER SESSION COLUMNS LINES."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

from tests.bench.link import Link

SETTLE_S = 6.0


def picture(folder: Path, session: str, columns: int, lines: int) -> str:
    """What `watch` shows after some seconds."""
    words = [sys.executable, "-P", "-m", "mlperf_tui", "--sessions", str(folder), "watch", session]
    link = Link(words, {**os.environ, "TERM": "xterm-256color"}, size=(columns, lines))
    try:
        time.sleep(SETTLE_S)
        return "\n".join(line.rstrip() for line in link.screen.display)
    finally:
        link.close()


if __name__ == "__main__":
    print(picture(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4])))
