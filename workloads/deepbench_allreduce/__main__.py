"""`python -m workloads.deepbench_allreduce`, once a rank: options are checked first, and only then torch is loaded."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from workloads.common.options import Options, Refusal
from workloads.common.program import run
from workloads.common.ranks import ranks
from workloads.common.stop import Stop
from workloads.deepbench.program import options_of


def main(argv: Sequence[str] | None = None) -> int:
    """Measure as `argv` asks and return the exit code. Raises Refusal for what can't be."""
    stop = Stop()
    options = options_of("deepbench_allreduce", "Time DeepBench's all-reduce.", argv, refuse)
    from workloads.deepbench_allreduce.measure import measure  # noqa: PLC0415  loads torch: seconds, may be missing

    return measure(options, stop)


def refuse(options: Options) -> None:
    """Raise a Refusal for a process that has no other to sum with, and for what isn't summed as floats."""
    if ranks().world == 1:
        raise Refusal("an all-reduce needs two ranks or more: --gpus 2")
    if options.precision not in {None, "fp32"}:
        raise Refusal(f"DeepBench's all-reduce sums floats: leave out --precision {options.precision}")


if __name__ == "__main__":
    sys.exit(run("deepbench-allreduce", main))
