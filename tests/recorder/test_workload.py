"""The program's end is taken in, and no helper's is mistaken for it."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path

from mlperf_tui.recorder import workload
from mlperf_tui.recorder.workload import Exit, Workload
from mlperf_tui.sampling.helpers import Helpers
from mlperf_tui.session.folder import Folder


def start(tmp_path: Path, helpers: Helpers, script: str) -> Workload:
    return workload.start(["sh", "-c", script], str(tmp_path), Folder(tmp_path), dict(os.environ), helpers)


def reap_until(program: Workload, true: threading.Event) -> None:
    while not true.is_set():
        program.reap()
        time.sleep(0.001)


def test_a_failing_helper_is_left_to_its_owner(tmp_path: Path) -> None:
    """Though the run's first process ended well and others may speak for it, a helper never does."""
    helpers = Helpers()
    program = start(tmp_path, helpers, "exit 0")
    while program.running:
        program.reap()
        time.sleep(0.001)
    over = threading.Event()
    codes: list[int] = []

    def help_out() -> None:
        try:
            codes.extend(helpers.run(["sh", "-c", "exit 3"], 60).code for _ in range(30))
        finally:
            over.set()

    threading.Thread(target=help_out).start()
    reap_until(program, over)
    assert codes == [3] * 30
    assert program.exit == Exit(0, None)


def test_the_exit_is_seen_beside_a_helper(tmp_path: Path) -> None:
    """The program's own code, while a helper runs."""
    helpers = Helpers()
    program = start(tmp_path, helpers, "sleep 0.1; exit 7")
    over = threading.Event()

    def help_out() -> None:
        helpers.run(["sleep", "0.3"], 60)
        over.set()

    threading.Thread(target=help_out).start()
    reap_until(program, over)
    while program.running:
        program.reap()
    assert program.exit == Exit(7, None)
