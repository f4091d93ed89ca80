"""The edge of every DeepBench kernel: its options, and those of a training that mean nothing to it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from workloads.common.options import Options, Refusal
from workloads.common.program import prepared
from workloads.common.ranks import ranks

DATA = "list"
DATA_HELP = "list: the sizes of DeepBench's training list, the only data that there is"


def options_of(
    program: str, description: str, argv: Sequence[str] | None, refuse: Callable[[Options], None] | None = None
) -> Options:
    """The options in `argv`. Raises Refusal for those that only a training knows, and for what `refuse` refuses.

    Without a `refuse` the kernel is timed on one device and refuses more.
    """

    def refuse_all(options: Options) -> None:
        refuse_training(options)
        (refuse or refuse_several)(options)

    return prepared(program, description, DATA, DATA_HELP, refuse_all, lambda _: [], argv)


def refuse_training(options: Options) -> None:
    """Raise a Refusal for an option that would change nothing."""
    given = {
        "--data": options.data != DATA,
        "--batch": options.batch is not None,
        "--target": options.target is not None,
        "--workers": options.workers is not None,
        "--compile": options.compile,
        "--cuda-graphs": options.cuda_graphs != "auto",
        "--accumulate": options.accumulate != 1,
        "--checkpoint": options.checkpoint is not None,
        "--resume": options.resume is not None,
    }
    wrong = next((name for name, is_given in given.items() if is_given), None)
    if wrong is not None:
        raise Refusal(f"{wrong} is for a training: a kernel takes --scale, --precision, --epochs (passes), --steps")


def refuse_several(_options: Options) -> None:
    """Raise a Refusal where several processes were started: each would measure the same."""
    if ranks().world > 1:
        raise Refusal("this kernel is timed on one device: leave --gpus out, or take deepbench-allreduce")
