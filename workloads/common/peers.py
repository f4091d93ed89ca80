"""Whoever trains together with a process that died ends too: NCCL would wait for it, for ever and at full load.

Gloo notices by itself. With NCCL the host waits within a backward pass, where Python's own signal handlers don't run:
torchrun's SIGTERM is not heard, and only its SIGKILL after half a minute ends the others.
"""

from __future__ import annotations

import os
import select
import threading
from collections.abc import Mapping

from workloads.common.say import say

PATIENCE_S = 8.0
"""All processes of a training leave within a second or two of each other where nothing is wrong; and whoever watches
it sees in this time which one is missing."""

DIED = 1


def watch(pids: Mapping[int, int], over: threading.Event) -> None:
    """End this process some seconds after one of `pids` (by rank) has ended, unless training is `over` by then.

    Does nothing where Linux has no descriptors of processes (before 5.3, and in some sandboxes).
    """
    try:
        descriptors = {os.pidfd_open(pid): rank for rank, pid in pids.items()}
    except OSError:
        return
    threading.Thread(target=_wait, args=(descriptors, pids, over), name="peers", daemon=True).start()


def _wait(descriptors: Mapping[int, int], pids: Mapping[int, int], over: threading.Event) -> None:
    poll = select.poll()
    for descriptor in descriptors:
        poll.register(descriptor, select.POLLIN)
    ended = [descriptors[descriptor] for descriptor, _ in poll.poll()]
    if not over.wait(PATIENCE_S):
        who = ", ".join(f"rank {rank} (process {pids[rank]})" for rank in ended)
        say(f"{who} has ended, and the others can't go on without it: ending too")
        os._exit(DIED)
