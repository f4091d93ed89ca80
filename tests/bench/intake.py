"""How many steps a second a reader takes in, and whether any is lost: python -m tests.bench.intake."""

from __future__ import annotations

import os
import tempfile
import time
from itertools import repeat
from pathlib import Path

from mlperf_tui.session.folder import Folder
from mlperf_tui.session.rollup import whole
from mlperf_tui.steps import Steps

STEPS = 300_000


def main() -> None:
    """Write them, read them, count them."""
    with tempfile.TemporaryDirectory() as directory:
        os.environ["MLPERF_TUI_STEPS"] = directory
        steps = Steps(samples_per_step=1)
        for _ in steps.over(repeat(None, STEPS)):
            steps.end()
        steps.close()
        began = time.process_time()
        fold = whole(Folder(Path(directory)))
        seconds = time.process_time() - began
        print(f"{STEPS / seconds:,.0f} steps a second of one core, {STEPS - fold.ranks[0].host.steps} lost")


if __name__ == "__main__":
    main()
