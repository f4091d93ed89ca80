"""torch.compile for any workload: the work that it does in the first step is marked, and told apart from the steps."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

import torch

from workloads.common.graphs import CALLED
from workloads.common.marks import Marks
from workloads.common.say import say


@contextmanager
def compiling(marks: Marks, *, now: bool) -> Iterator[None]:
    """Goes around a step's forward and backward pass; in the one that compiles (`now`) it says so, and how long.

    The marks are compile_start and compile_stop: names of ours, MLPerf has none. The time is the host's, and holds that
    one pass itself as well; whoever measures steps leaves this first one out as warm-up.
    """
    if not now:
        yield
        return
    marks.start("compile")
    began = time.monotonic()
    yield
    say(f"compiled in {time.monotonic() - began:.0f} s")
    marks.stop("compile")


def called(*, compiled: bool, mode: str | None, graphed: bool = False) -> str:
    """How the model is made fast, as a headline has it; "" where it is left as it is."""
    how = ([f"compiled ({mode})" if mode else "compiled"] if compiled else []) + [CALLED] * graphed
    return ", ".join(how)


def begin_step() -> None:
    """Tell CUDA graphs, where a mode of compiling takes them, that what the last step left may be written over.

    Once a step and not once a batch: gradients that accumulate lie in the graphs' memory until the optimiser has had
    them.
    """
    torch.compiler.cudagraph_mark_step_begin()  # type: ignore[no-untyped-call]
