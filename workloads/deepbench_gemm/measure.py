"""From options to a pass over the list."""

from __future__ import annotations

from workloads.common.device import take_all_cores
from workloads.common.options import Options
from workloads.common.setting import settle
from workloads.common.stop import Stop
from workloads.deepbench.problem import up_to
from workloads.deepbench.run import run, scale_for
from workloads.deepbench_gemm.problems import problems
from workloads.deepbench_gemm.work import prepare

MOST_FLOP = {"tiny": 1e9, "small": 1e11, "reference": float("inf")}
"""52, 108 and all 160 sizes."""


def measure(options: Options, stop: Stop) -> int:
    """Measure as asked and return the exit code. Raises Refusal for what the device can't do."""
    setting = settle(options)
    take_all_cores(setting.device)
    scale = options.scale or scale_for(setting.device)
    return run(options, "deepbench-gemm", up_to(problems(), MOST_FLOP[scale]), prepare, setting, stop)
