"""`python -m workloads.resnet50`: options and data are checked first, and only then torch is loaded."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from workloads.common.options import Options
from workloads.common.program import prepared, run
from workloads.common.stop import Stop
from workloads.resnet50 import layout

DATA_HELP = (
    "digits: scikit-learn's 1,797 handwritten digits (default); synthetic: one random batch kept on the device; "
    "or a folder laid out like ImageNet: train/CLASS/*.JPEG and val/CLASS/*.JPEG"
)


def main(argv: Sequence[str] | None = None) -> int:
    """Train as `argv` asks and return the exit code. Raises Refusal for what can't be."""
    stop = Stop()
    described = "Train ResNet-50 v1.5."
    options = prepared("resnet50", described, "digits", DATA_HELP, layout.refuse_data, _packages, argv)
    from workloads.resnet50.train import train  # noqa: PLC0415  loads torch: seconds, and it may be missing

    return train(options, stop)


def _packages(options: Options) -> list[str]:
    return ["torchvision", *(["PIL", "sklearn"] if options.data == "digits" else [])]


if __name__ == "__main__":
    sys.exit(run("resnet50", main))
