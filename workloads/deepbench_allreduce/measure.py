"""From options to a pass over the list."""

from __future__ import annotations

from dataclasses import replace

from workloads.common.options import Options
from workloads.common.setting import settle
from workloads.common.stop import Stop
from workloads.deepbench.run import run
from workloads.deepbench_allreduce.bandwidth import Bandwidth
from workloads.deepbench_allreduce.problems import problems
from workloads.deepbench_allreduce.work import prepare


def measure(options: Options, stop: Stop) -> int:
    """Measure as asked and return the exit code. Raises Refusal for what the device can't do."""
    floats = replace(options, precision="fp32")
    return run(floats, "deepbench-allreduce", problems(), prepare, settle(floats), stop, Bandwidth())
