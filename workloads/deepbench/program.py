"""The edge of every DeepBench kernel: its options, and those of a training that mean nothing to it."""

from __future__ import annotations

from collections.abc import Sequence

from workloads.common import options as common
from workloads.common.options import Options, Refusal
from workloads.common.refusals import refuse_early

DATA = "list"
DATA_HELP = "list: the sizes of DeepBench's training list, the only data that there is"


def parse(program: str, description: str, argv: Sequence[str] | None) -> Options:
    """The options in `argv`. Raises Refusal for those that only a training knows."""
    parser = common.parser(program, description, DATA, DATA_HELP)
    options = common.parse(parser, argv)
    refuse_training(options)
    refuse_early(options)
    return options


def refuse_training(options: Options) -> None:
    """Raise a Refusal for an option that would change nothing."""
    given = {
        "--data": options.data != DATA,
        "--batch": options.batch is not None,
        "--target": options.target is not None,
        "--workers": options.workers is not None,
        "--compile": options.compile,
    }
    wrong = next((name for name, is_given in given.items() if is_given), None)
    if wrong is not None:
        raise Refusal(f"{wrong} is for a training: a kernel takes --scale, --precision, --epochs (passes), --steps")
