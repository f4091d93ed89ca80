"""The edge of every DeepBench kernel: its options, and those of a training that mean nothing to it."""

from __future__ import annotations

from collections.abc import Sequence

from workloads.common.options import Options, Refusal
from workloads.common.program import prepared

DATA = "list"
DATA_HELP = "list: the sizes of DeepBench's training list, the only data that there is"


def options_of(program: str, description: str, argv: Sequence[str] | None) -> Options:
    """The options in `argv`. Raises Refusal for those that only a training knows."""
    return prepared(program, description, DATA, DATA_HELP, refuse_training, lambda _: [], argv)


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
