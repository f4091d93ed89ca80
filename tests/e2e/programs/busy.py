"""A rank that works in a function of a known name, with a named thread that waits. Arguments: seconds."""

import sys
import threading
import time

from mlperf_tui.steps import Steps


def work_hard(seconds: float) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        sum(range(1000))


threading.Thread(target=threading.Event().wait, name="my helper", daemon=True).start()
steps = Steps(samples_per_step=1)
steps.about()
for _ in steps.over(range(int(sys.argv[1]) * 5)):
    work_hard(0.2)
    steps.end()
