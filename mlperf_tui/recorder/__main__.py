"""`python -m mlperf_tui.recorder DIR LOCK_FD [-- COMMAND…]`: started by mlperf_tui.launch, detached, not by hand.

With a command it starts and records it; without, it goes on recording the program that the lock names.
"""

from __future__ import annotations

import gc
import sys
from pathlib import Path

from mlperf_tui.recorder.recording import Recording
from mlperf_tui.session import lock
from mlperf_tui.session.folder import Folder

GARBAGE_AFTER = 20_000
"""Records come and go by thousands, none in a cycle: Python's 700 would look for garbage all the time."""


def main(arguments: list[str]) -> int:
    """Record one session; 0 however the program that is recorded ends."""
    folder, descriptor = Folder(Path(arguments[0])), int(arguments[1])
    held = lock.Lock(descriptor)
    holders = lock.read(folder.lock)
    gc.freeze()
    gc.set_threshold(GARBAGE_AFTER)
    recording = Recording(folder, held)
    if "--" in arguments:
        recording.start(arguments[arguments.index("--") + 1 :])
    elif holders is not None and holders.workload is not None:
        recording.adopt(holders.workload)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
