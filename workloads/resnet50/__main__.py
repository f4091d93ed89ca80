"""`python -m workloads.resnet50`: options and data are checked first, and only then torch is loaded."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from workloads.common import options as common
from workloads.common.program import require, run, wait_without_spinning
from workloads.common.refusals import refuse_early
from workloads.common.stop import Stop
from workloads.resnet50 import layout

DATA_HELP = (
    "digits: scikit-learn's 1,797 handwritten digits (default); synthetic: one random batch kept on the device; "
    "or a folder laid out like ImageNet: train/CLASS/*.JPEG and val/CLASS/*.JPEG"
)


def main(argv: Sequence[str] | None = None) -> int:
    """Train as `argv` asks and return the exit code. Raises Refusal for what can't be."""
    stop = Stop()
    parser = common.parser("python -m workloads.resnet50", __doc__ or "", "digits", DATA_HELP)
    parser.description = "Train ResNet-50 v1.5."
    options = common.parse(parser, argv)
    refuse_early(options)
    layout.refuse_data(options)
    require("torch", "torchvision", *(["PIL", "sklearn"] if options.data == "digits" else []))
    wait_without_spinning()
    from workloads.resnet50.train import train  # noqa: PLC0415  loads torch: seconds, and it may be missing

    return train(options, stop)


if __name__ == "__main__":
    sys.exit(run("resnet50", main))
