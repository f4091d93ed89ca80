"""`python -m workloads.gnmt`: options and data are checked first, and only then torch is loaded."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from workloads.common.options import Options
from workloads.common.program import prepared, run
from workloads.common.stop import Stop
from workloads.translation import parallel

DATA_HELP = (
    "lexicon: a small made-up language pair (default); synthetic: one random batch kept on the device; "
    "or a folder with train.en and train.de, and newstest2014.en and .de or valid.en and .de"
)


def main(argv: Sequence[str] | None = None) -> int:
    """Train as `argv` asks and return the exit code. Raises Refusal for what can't be."""
    stop = Stop()
    described = "Train GNMT. A sample is a target token, padding too; a row is a sentence; --target is BLEU as a share."
    options = prepared("gnmt", described, "lexicon", DATA_HELP, parallel.refuse_data, _packages, argv)
    from workloads.gnmt.train import train  # noqa: PLC0415  loads torch: seconds, and it may be missing

    return train(options, stop)


def _packages(options: Options) -> list[str]:
    return [] if options.data == "synthetic" else ["sentencepiece", "sacrebleu"]


if __name__ == "__main__":
    sys.exit(run("gnmt", main))
