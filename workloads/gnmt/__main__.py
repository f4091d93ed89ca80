"""`python -m workloads.gnmt`: options and data are checked first, and only then torch is loaded."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from workloads.common.program import run
from workloads.common.stop import Stop
from workloads.translation.program import prepared


def main(argv: Sequence[str] | None = None) -> int:
    """Train as `argv` asks and return the exit code. Raises Refusal for what can't be."""
    stop = Stop()
    described = "Train GNMT. A sample is a target token, padding too; a row is a sentence; --target is BLEU as a share."
    options = prepared("gnmt", described, argv)
    from workloads.gnmt.train import train  # noqa: PLC0415  loads torch: seconds, and it may be missing

    return train(options, stop)


if __name__ == "__main__":
    sys.exit(run("gnmt", main))
