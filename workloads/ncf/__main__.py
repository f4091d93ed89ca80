"""`python -m workloads.ncf`: options and data are checked first, and only then torch is loaded."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from workloads.common.options import Options
from workloads.common.program import prepared, run
from workloads.common.stop import Stop
from workloads.ncf import layout

DATA_HELP = (
    "clicks: made from hidden tastes, the same for every run (default); synthetic: one random batch kept on the "
    "device; or a folder with MovieLens' ratings.csv (ml-20m, ml-25m) or ratings.dat (ml-1m)"
)


def main(argv: Sequence[str] | None = None) -> int:
    """Train as `argv` asks and return the exit code. Raises Refusal for what can't be."""
    stop = Stop()
    described = "Train NCF (NeuMF)."
    options = prepared("ncf", described, "clicks", DATA_HELP, layout.refuse_data, _packages, argv)
    from workloads.ncf.train import train  # noqa: PLC0415  loads torch: seconds, and it may be missing

    return train(options, stop)


def _packages(options: Options) -> list[str]:
    return ["numpy", *([] if options.data == "synthetic" else ["torchmetrics"])]


if __name__ == "__main__":
    sys.exit(run("ncf", main))
