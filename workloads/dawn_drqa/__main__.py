"""`python -m workloads.dawn_drqa`: options and data are checked first, and only then torch is loaded."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from workloads.common.options import Options
from workloads.common.program import prepared, run
from workloads.common.stop import Stop
from workloads.dawn_drqa import layout

DATA_HELP = (
    "templates: passages made from sentence templates, the same for every run (default); synthetic: one random batch "
    "kept on the device; or a folder with SQuAD's train-v1.1.json and dev-v1.1.json, and glove.840B.300d.txt if the "
    "embeddings should not be learnt from scratch"
)


def main(argv: Sequence[str] | None = None) -> int:
    """Train as `argv` asks and return the exit code. Raises Refusal for what can't be."""
    stop = Stop()
    described = "Train DAWNBench's DrQA. --target is F1 as a share."
    options = prepared("dawn_drqa", described, "templates", DATA_HELP, layout.refuse_data, _packages, argv)
    from workloads.dawn_drqa.train import train  # noqa: PLC0415  loads torch: seconds, and it may be missing

    return train(options, stop)


def _packages(options: Options) -> list[str]:
    return ["numpy", *([] if options.data == "synthetic" else ["torchmetrics"])]


if __name__ == "__main__":
    sys.exit(run("dawn-drqa", main))
