"""Who trains with a process that died doesn't wait for it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import pytest

from tests.workloads.programs import ROOT

PROGRAM = """
import signal, subprocess, sys, threading
from workloads.common import peers
peers.PATIENCE_S = 0.2
peer = subprocess.Popen(["sleep", "60"])
over = threading.Event()
peers.watch({1: peer.pid}, over)
signal.signal(signal.SIGTERM, signal.SIG_IGN)
if sys.argv[1] == "over":
    over.set()
peer.kill()
threading.Event().wait(3 if sys.argv[1] == "over" else 60)
print("still here", peer.pid)
"""


@pytest.mark.parametrize(("state", "code"), [("training", 1), ("over", 0)])
def test_a_process_ends_with_its_peer(state: str, code: int) -> None:
    """Though it hears no signal; not once training is over, when all leave anyhow."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, state], cwd=ROOT, capture_output=True, text=True, timeout=50, check=False
    )
    assert (done.returncode, done.stderr) == (code, "")
    said = "has ended, and the others can't go on without it: ending too"
    assert (said in done.stdout, "still here" in done.stdout) == (code == 1, code == 0)


def test_a_process_that_waits_for_the_others_hears_a_stop() -> None:
    """It is the second of two, and the first one never comes: it waits in C++."""
    code = """
import torch, signal
from workloads.common.group import joined
from workloads.common.stop import Stop
Stop()
print("joins", flush=True)
with joined(torch.device("cpu")): print("joined")
"""
    told = {"RANK": "1", "WORLD_SIZE": "2", "LOCAL_WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": "1"}
    process = subprocess.Popen(
        [sys.executable, "-c", code], cwd=ROOT, env={**os.environ, **told}, stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "joins\n"
        time.sleep(1)
        process.terminate()
        assert process.wait(20) == -signal.SIGTERM
    finally:
        process.kill()
        process.communicate()


def test_nobody_is_watched_who_is_not_there() -> None:
    """A pid that is no process's: nothing begins, and nothing ends."""
    code = "import threading; from workloads.common import peers; peers.watch({1: 2**30}, threading.Event())"
    done = subprocess.run(
        [sys.executable, "-c", f"{code}; print(threading.active_count())"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, "1\n")
