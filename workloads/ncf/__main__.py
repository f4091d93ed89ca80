"""`python -m workloads.ncf`: options and data are checked first, and only then torch is loaded."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from workloads.common import options as common
from workloads.common.program import require, run, wait_without_spinning
from workloads.common.refusals import refuse_early
from workloads.common.stop import Stop
from workloads.ncf import layout

DATA_HELP = (
    "clicks: made from hidden tastes, the same for every run (default); synthetic: one random batch kept on the "
    "device; or a folder with MovieLens' ratings.csv (ml-20m, ml-25m) or ratings.dat (ml-1m)"
)


def main(argv: Sequence[str] | None = None) -> int:
    """Train as `argv` asks and return the exit code. Raises Refusal for what can't be."""
    stop = Stop()
    parser = common.parser("python -m workloads.ncf", __doc__ or "", "clicks", DATA_HELP)
    parser.description = "Train NCF (NeuMF)."
    options = common.parse(parser, argv)
    refuse_early(options)
    layout.refuse_data(options)
    require("torch", "numpy", *([] if options.data == "synthetic" else ["torchmetrics"]))
    wait_without_spinning()
    from workloads.ncf.train import train  # noqa: PLC0415  loads torch: seconds, and it may be missing

    return train(options, stop)


if __name__ == "__main__":
    sys.exit(run("ncf", main))
