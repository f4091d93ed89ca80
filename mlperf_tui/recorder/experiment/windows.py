"""How many steps a process is given: to warm up, and to be measured in one window."""

from __future__ import annotations

import math

from mlperf_tui.recorder.experiment.run import Run

WARM_UP_STEPS = 5
MOST_WARM_UPS = 4
UNSETTLED = 1.2
"""Warm-up goes on, five steps at a time, while any of the last four took this much longer than their median."""

WINDOW_S = {"gpu": 2.0, "cpu": 4.0}
"""One-second windows within a process on an H100 vary by 0.1 to 2 %, less than processes do; a CPU's by several."""

LEAST_STEPS = 8
LEAST_LEFT_OUT = 2
"""The first steps of a window count nowhere: the pause before them may have cooled clocks and caches."""

WAITS = 0.02
"""Of its time: a process that waits less for data isn't sped up by what its loaders prepared while it paused."""


def is_warm(run: Run) -> bool:
    """Whether the step time has settled."""
    last = sorted(list(run.gpu_s or run.host_s)[-4:])
    return len(last) == 4 and last[-1] <= UNSETTLED * last[1]


def window_steps(run: Run, windows_left: int, *, waits: bool) -> int:
    """Steps of the next window, those that are left out included; fewer where the run would end before its last one."""
    step_s = run.step_s or 0.1
    ahead = (run.about.batches_ahead or 0) if run.about is not None and waits else 0
    seconds = WINDOW_S["gpu" if run.gpu_s else "cpu"]
    wanted = LEAST_LEFT_OUT + ahead + max(LEAST_STEPS, math.ceil(seconds / step_s))
    left = run.steps_left
    return wanted if left is None else max(1, min(wanted, (left - 1) // max(1, windows_left)))
