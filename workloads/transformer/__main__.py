"""`python -m workloads.transformer`: options and data are checked first, and only then torch is loaded."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from workloads.common import options as common
from workloads.common.program import require, run, wait_without_spinning
from workloads.common.refusals import refuse_early
from workloads.common.stop import Stop
from workloads.translation import parallel

DATA_HELP = (
    "lexicon: a small made-up language pair (default); synthetic: one random batch kept on the device; "
    "or a folder with train.en and train.de, and newstest2014.en and .de or valid.en and .de"
)


def main(argv: Sequence[str] | None = None) -> int:
    """Train as `argv` asks and return the exit code. Raises Refusal for what can't be."""
    stop = Stop()
    parser = common.parser("python -m workloads.transformer", __doc__ or "", "lexicon", DATA_HELP)
    parser.description = "Train the Transformer. A sample is a target token, padding too; --target is BLEU as a share."
    options = common.parse(parser, argv)
    refuse_early(options)
    parallel.refuse_data(options)
    require("torch", *([] if options.data == "synthetic" else ["sentencepiece", "sacrebleu"]))
    wait_without_spinning()
    from workloads.transformer.train import train  # noqa: PLC0415  loads torch: seconds, and it may be missing

    return train(options, stop)


if __name__ == "__main__":
    sys.exit(run("transformer", main))
