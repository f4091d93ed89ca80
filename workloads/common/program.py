"""A workload's edge: refusals become one sentence and exit code 2; what must be so before torch is imported."""

from __future__ import annotations

import importlib.util
import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable, Sequence

from workloads.common.options import Options, Refusal, parse, parser
from workloads.common.places import refuse_places
from workloads.common.ranks import ranks
from workloads.common.refusals import refuse_early

REFUSED = 2
SPINS = "1000"
CUBLAS_WORKSPACE = ":4096:8"
"""Without it cuBLAS may add up in another order each time (torch.use_deterministic_algorithms), and torch refuses."""


def run(program: str, main: Callable[[Sequence[str] | None], int], argv: Sequence[str] | None = None) -> int:
    """`main`'s exit code, or 2 after the sentence of the Refusal that it raised."""
    try:
        return main(argv)
    except Refusal as refusal:
        if ranks().first:
            print(f"{program}: {refusal}", file=sys.stderr, flush=True)
        return REFUSED
    finally:
        end_workers()


def end_workers() -> None:
    """End the processes that still load data, at once.

    After an error nobody has told them that training is over, and at its exit torch waits five seconds for each. That
    they are gone would be an error more: to its handler of a child's end, and to its thread that pins memory.
    """
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    threading.excepthook = lambda _: None
    for worker in multiprocessing.active_children():
        worker.kill()


def prepared(
    program: str,
    description: str,
    data: str,
    data_help: str,
    refuse: Callable[[Options], None],
    packages: Callable[[Options], Sequence[str]],
    argv: Sequence[str] | None,
) -> Options:
    """The options of a program whose default data set is `data`, checked before torch is loaded.

    `refuse` says what of them can't be, `packages` what they need. Raises Refusal.
    """
    options = parse(parser(f"python -m workloads.{program}", description, data, data_help), argv)
    refuse_early(options)
    refuse(options)
    refuse_places(options)
    require("torch", *packages(options))
    wait_without_spinning()
    if options.deterministic:
        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", CUBLAS_WORKSPACE)
    return options


def require(*packages: str) -> None:
    """Raise a Refusal that says how to get whichever of `packages` isn't installed."""
    missing = [package for package in packages if importlib.util.find_spec(package) is None]
    if missing:
        raise Refusal(f"{' and '.join(missing)} not installed here: pip install 'mlperf-tui[workloads]'")


def wait_without_spinning() -> None:
    """Let a CPU thread that waits for another soon give its core away; only holds when torch isn't loaded yet.

    GNU OpenMP has waiting threads spin for milliseconds. That gains a little on an idle machine, but where anything
    else runs on the same cores, the spinning thread keeps off the one it waits for: two trainings on two cores went
    at a tenth of their speed each.
    """
    os.environ.setdefault("GOMP_SPINCOUNT", SPINS)
