"""`python -m workloads.transformer`: options and data are checked first, and only then torch is loaded."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from workloads.common.program import run
from workloads.common.stop import Stop
from workloads.translation.program import prepared


def main(argv: Sequence[str] | None = None) -> int:
    """Train as `argv` asks and return the exit code. Raises Refusal for what can't be."""
    stop = Stop()
    described = "Train the Transformer. A sample is a target token, padding too; --target is BLEU as a share."
    options = prepared("transformer", described, argv)
    from workloads.transformer.train import train  # noqa: PLC0415  loads torch: seconds, and it may be missing

    return train(options, stop)


if __name__ == "__main__":
    sys.exit(run("transformer", main))
