"""The command line that the translation workloads share: what `--data` takes, and which packages it needs for that."""

from __future__ import annotations

from collections.abc import Sequence

from workloads.common import program
from workloads.common.options import Options
from workloads.translation import parallel

DATA_HELP = (
    "lexicon: a small made-up language pair (default); synthetic: one random batch kept on the device; "
    "or a folder with train.en and train.de, and newstest2014.en and .de or valid.en and .de"
)


def prepared(name: str, description: str, argv: Sequence[str] | None) -> Options:
    """The options of the workload of this `name`, checked before torch is loaded. Raises Refusal."""
    return program.prepared(name, description, "lexicon", DATA_HELP, parallel.refuse_data, _packages, argv)


def _packages(options: Options) -> list[str]:
    return [] if options.data == "synthetic" else ["sentencepiece", "sacrebleu"]
