"""`python -m workloads.maskrcnn`: options and data are checked first, and only then torch is loaded."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from workloads.common.options import Options
from workloads.common.program import prepared, run
from workloads.common.stop import Stop
from workloads.detection import layout

DATA_HELP = (
    "shapes: generated pictures of circles, squares and triangles (default); synthetic: one random batch kept on the "
    "device; or a folder with COCO 2017's train2017/, val2017/ and annotations/"
)


def main(argv: Sequence[str] | None = None) -> int:
    """Train as `argv` asks and return the exit code. Raises Refusal for what can't be."""
    stop = Stop()
    described = (
        "Train Mask R-CNN with a ResNet-50 from scratch. --target is COCO's mean AP of boxes as a share; that of masks "
        "is in MLPerf's proportion to it."
    )
    options = prepared("maskrcnn", described, "shapes", DATA_HELP, layout.refuse_data, _packages, argv)
    from workloads.maskrcnn.train import train  # noqa: PLC0415  loads torch: seconds, and it may be missing

    return train(options, stop)


def _packages(options: Options) -> list[str]:
    return ["torchvision", *([] if options.data == "synthetic" else ["PIL", "pycocotools"])]


if __name__ == "__main__":
    sys.exit(run("maskrcnn", main))
