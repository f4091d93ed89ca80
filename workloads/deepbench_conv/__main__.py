"""`python -m workloads.deepbench_conv`: options are checked first, and only then torch is loaded."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from workloads.common.program import run
from workloads.common.stop import Stop
from workloads.deepbench.program import options_of


def main(argv: Sequence[str] | None = None) -> int:
    """Measure as `argv` asks and return the exit code. Raises Refusal for what can't be."""
    stop = Stop()
    options = options_of("deepbench_conv", "Time DeepBench's convolutions.", argv)
    from workloads.deepbench_conv.measure import measure  # noqa: PLC0415  loads torch: seconds, and it may be missing

    return measure(options, stop)


if __name__ == "__main__":
    sys.exit(run("deepbench-conv", main))
