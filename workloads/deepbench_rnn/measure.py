"""From options to a pass over the list."""

from __future__ import annotations

from workloads.common.device import take_all_cores
from workloads.common.options import Options
from workloads.common.setting import settle
from workloads.common.stop import Stop
from workloads.deepbench.gauge import Flops
from workloads.deepbench.problem import up_to
from workloads.deepbench.run import run, scale_for
from workloads.deepbench_rnn.problems import problems
from workloads.deepbench_rnn.work import prepare

MOST_FLOP = {"tiny": 4e10, "small": 1e11, "reference": float("inf")}
"""34, 48 and all 106 problems."""
MOST_REPEATS = 100
"""numRepeats of DeepBench's code/nvidia/rnn_bench.cu."""


def measure(options: Options, stop: Stop) -> int:
    """Measure as asked and return the exit code. Raises Refusal for what the device can't do."""
    setting = settle(options)
    take_all_cores(setting.device)
    scale = options.scale or scale_for(setting.device)
    chosen = up_to(problems(), MOST_FLOP[scale])
    gauge = Flops(MOST_REPEATS, lambda problem: problem.part)
    return run(options, "deepbench-rnn", chosen, prepare, setting, stop, gauge)
