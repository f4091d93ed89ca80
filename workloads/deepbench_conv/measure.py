"""From options to a pass over the list."""

from __future__ import annotations

import torch

from workloads.common.device import take_all_cores
from workloads.common.options import Options
from workloads.common.setting import settle
from workloads.common.stop import Stop
from workloads.deepbench.gauge import Flops
from workloads.deepbench.problem import up_to
from workloads.deepbench.run import run, scale_for
from workloads.deepbench_conv.problems import problems
from workloads.deepbench_conv.work import prepare

MOST_FLOP = {"tiny": 2e9, "small": 1e10, "reference": float("inf")}
"""183, 234 and all 282 problems: 61, 78 and 94 layers."""
MOST_REPEATS = 300
"""num_repeats of DeepBench's code/nvidia/conv_bench.cu."""


def measure(options: Options, stop: Stop) -> int:
    """Measure as asked and return the exit code. Raises Refusal for what the device can't do."""
    setting = settle(options)
    take_all_cores(setting.device)
    # DeepBench always has cuDNN time its algorithms first (cudnnFindConvolution…), without --cudnn-benchmark too.
    torch.backends.cudnn.benchmark = not options.deterministic
    scale = options.scale or scale_for(setting.device)
    chosen = up_to(problems(), MOST_FLOP[scale])
    gauge = Flops(MOST_REPEATS, lambda problem: problem.direction)
    return run(options, "deepbench-conv", chosen, prepare, setting, stop, gauge)
