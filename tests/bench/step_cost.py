"""What one reported step costs the training thread, with and without GPU timing: python -m tests.bench.step_cost."""

from __future__ import annotations

import os
import platform
import tempfile
import time
from collections.abc import Callable
from itertools import repeat
from pathlib import Path
from typing import Any

from mlperf_tui.steps import Steps

STEPS = 20_000
ROUNDS = 5


def microseconds(work: Callable[[], Any], *, watched: bool) -> float:
    """The time of one step of `work` in a loop, in µs; the best of all rounds, which is the least disturbed."""
    best = float("inf")
    for _ in range(ROUNDS):
        with tempfile.TemporaryDirectory() as directory:
            os.environ["MLPERF_TUI_STEPS"] = directory if watched else ""
            steps = Steps(samples_per_step=1)
            began = time.perf_counter()
            for _ in steps.over(repeat(None, STEPS)):
                steps.end(loss=work())
            best = min(best, (time.perf_counter() - began) / STEPS * 1e6)
            steps.close()
    return best


def report(name: str, work: Callable[[], Any]) -> None:
    """One line: with, without, and the difference."""
    without, with_steps = microseconds(work, watched=False), microseconds(work, watched=True)
    print(f"{name}: {with_steps - without:.1f} µs a step ({with_steps:.1f} with, {without:.1f} without)")


def main() -> None:
    """On the CPU, and on a GPU where there is one."""
    print(platform.node(), platform.machine(), Path("/proc/cpuinfo").read_text().split("model name")[1].split("\n")[0])
    report("reported, no loss", lambda: None)
    report("reported with a loss", lambda: 0.5)
    import torch

    cpu_loss = torch.tensor(0.5)
    report("reported with a tensor's loss", lambda: cpu_loss)
    if torch.cuda.is_available():
        loss = torch.zeros((), device="cuda")
        torch.cuda.synchronize()
        print(torch.cuda.get_device_name())
        report("reported with a loss on the GPU and its time", lambda: loss)


if __name__ == "__main__":
    main()
