"""Sessions of runs on a CPU: one that reached its target, one that failed."""

from __future__ import annotations

import math
import random

from mlperf_tui.records import About, Alarm, End, HostInfo, Late, Mark, Record, Step, Unavailable
from tests.recorded.parts import GIB, HOST, SECOND, T0, Output, clock, host, last_t, plan, steps, write
from tests.recorded.threads import cpu_threads, thread_records

NO_DRIVER = Unavailable("gpu", "no NVIDIA driver here")


def cpu_digits() -> None:
    """ResNet-50 tiny on two CPU cores: five epochs with evaluations, and the target reached in the last one."""
    chance = random.Random(1)
    output = Output()
    output.say(T0 + 6 * SECOND, "data: 1797 real images, 1437 to train on, 360 held out\n")
    said: list[Record] = [
        clock(T0 + 6 * SECOND),
        About(0, 1, 0, 4242, torch="2.14.0", precision="fp32", scale="tiny", data="digits", samples_per_step=32,
              steps_per_epoch=45, epochs=8, metric="top-1", direction="up", target=0.95),
        output.mark(Mark(T0 + 7 * SECOND, "run_start")),
    ]  # fmt: skip
    t, n = T0 + 7 * SECOND, 0
    for epoch, accuracy in enumerate((0.231, 0.648, 0.842, 0.919, 0.961), start=1):
        said.append(Mark(t, "epoch_start", None, {"epoch_num": epoch}))
        said += steps(chance, t, n, 45, 0.33, 32)
        t, n = last_t(said), n + 45
        output.say(t, f"epoch {epoch}  step {n}  loss {0.08 + 2.3 * math.exp(-n / 90):.3f}\n")
        t += round(2.1 * SECOND)
        said.append(output.mark(Mark(t, "eval_accuracy", accuracy, {"epoch_num": epoch})))
        output.say(t, f"evaluation: top-1 {accuracy:.1%} of 95.0%\n")
    said.append(output.mark(Mark(t + SECOND, "run_stop", None, {"status": "success"})))
    seconds = (t - T0) // SECOND + 2
    readings: list[Record] = [clock(T0), HostInfo(HOST, 2, 16 * GIB, "a CPU"), NO_DRIVER]
    threads = cpu_threads(4242)
    other = random.Random(101)
    for second in range(seconds):
        readings += [clock(T0 + second * SECOND)] if second % 60 == 0 and second else []
        readings.append(host(second, chance, 2, 1.9 if second > 5 else 0.9, int(1.4 * GIB), output))
        readings += thread_records(second, other, threads, calm=second <= 5)
    readings.append(End(T0 + seconds * SECOND, "finished", "the program ended with exit code 0", 0))
    files = {f"readings-{HOST}-0.jsonl": readings, "steps-0-0.jsonl": said}
    write("cpu-digits", plan("resnet50-cpu1", precision="fp32", scale="tiny", batch=32, target=0.95), files, output)


def failed() -> None:
    """Out of memory in the first epoch: the loss became NaN just before."""
    chance = random.Random(3)
    said: list[Record] = [clock(T0 + 6 * SECOND), About(0, 1, 0, 77, precision="fp32", samples_per_step=32, epochs=8)]
    said.append(Mark(T0 + 7 * SECOND, "run_start"))
    said += steps(chance, T0 + 7 * SECOND, 0, 40, 0.33, 32)
    end = last_t(said)
    said += [Step(end + SECOND // 3, 40, 32, 0.006, 0.32), Late(40, loss=math.nan, lr=0.1)]
    seconds = (end - T0) // SECOND + 2
    output = Output()
    output.say(end + SECOND // 3, "epoch 1  step 40  loss nan\n")
    output.say(
        end + SECOND,
        'Traceback (most recent call last):\n  File "train.py", line 88, in step\n    loss.backward()\n'
        "\x1b[31mRuntimeError: [enforce fail] DefaultCPUAllocator: can't allocate memory\x1b[0m\n",
    )
    readings: list[Record] = [clock(T0), HostInfo(HOST, 2, 16 * GIB, "a CPU"), NO_DRIVER]
    readings += [host(second, chance, 2, 1.9, int(1.4 * GIB), output) for second in range(seconds)]
    readings.append(Alarm(end + SECOND // 2, "loss-not-finite", "the loss is NaN at step 40"))
    readings.append(End(T0 + seconds * SECOND, "failed", "the program ended with exit code 1", 1))
    files = {f"readings-{HOST}-0.jsonl": readings, "steps-0-0.jsonl": said}
    write("failed", plan("resnet50-bad1", precision="fp32", scale="tiny", batch=32, target=0.95), files, output)
