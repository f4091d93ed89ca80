"""`python -m workloads.dawn_resnet18`: options and data are checked first, and only then torch is loaded."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from workloads.common.options import Options
from workloads.common.program import prepared, run
from workloads.common.stop import Stop
from workloads.dawn_resnet18 import layout

DATA_HELP = (
    "digits: scikit-learn's 1,797 handwritten digits (default); synthetic: one random batch kept on the device; "
    "or the folder of CIFAR-10's binary version, cifar-10-batches-bin"
)


def main(argv: Sequence[str] | None = None) -> int:
    """Train as `argv` asks and return the exit code. Raises Refusal for what can't be."""
    stop = Stop()
    described = "Train DAWNBench's ResNet-18."
    options = prepared("dawn_resnet18", described, "digits", DATA_HELP, layout.refuse_data, _packages, argv)
    from workloads.dawn_resnet18.train import train  # noqa: PLC0415  loads torch: seconds, and it may be missing

    return train(options, stop)


def _packages(options: Options) -> list[str]:
    return ["torchvision", *(["PIL", "sklearn"] if options.data == "digits" else [])]


if __name__ == "__main__":
    sys.exit(run("dawn-resnet18", main))
