"""`python -m workloads.deepbench_gemm`: options are checked first, and only then torch is loaded."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from workloads.common.program import require, run, wait_without_spinning
from workloads.common.stop import Stop
from workloads.deepbench.program import parse


def main(argv: Sequence[str] | None = None) -> int:
    """Measure as `argv` asks and return the exit code. Raises Refusal for what can't be."""
    stop = Stop()
    options = parse("python -m workloads.deepbench_gemm", "Time DeepBench's matrix products.", argv)
    require("torch")
    wait_without_spinning()
    from workloads.deepbench_gemm.measure import measure  # noqa: PLC0415  loads torch: seconds, and it may be missing

    return measure(options, stop)


if __name__ == "__main__":
    sys.exit(run("deepbench-gemm", main))
