"""A training loop without a model: it reports steps, marks and output. Arguments: steps, and seconds a step."""

import signal
import sys
import time

from mlperf_tui.steps import Steps

stopped: list[int] = []
signal.signal(signal.SIGTERM, lambda *_: stopped.append(1))
steps = Steps(samples_per_step=8, precision="fp32", metric="top-1", target=0.5)
steps.about()
steps.mark("run_start")
seconds = float(sys.argv[2]) if len(sys.argv) > 2 else 0.01
for n in steps.over(range(int(sys.argv[1]))):
    time.sleep(seconds)
    steps.end(loss=1 / (n + 1), lr=0.1)
    if n % 50 == 0:
        print("step", n)
    if stopped:
        break
steps.mark("eval_accuracy", 0.75, epoch_num=1)
steps.mark("run_stop", status="aborted" if stopped else "success")
print("done")
