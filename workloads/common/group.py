"""What the processes of one training do together: gradients by DistributedDataParallel, one mind about the end."""

from __future__ import annotations

import contextlib
import inspect
import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from datetime import timedelta
from typing import Any, TypeVar, cast

import torch
import torch.distributed as dist
from torch import nn
from torch.distributed.algorithms.ddp_comm_hooks.default_hooks import allreduce_hook
from torch.nn.parallel import DistributedDataParallel

from workloads.common import peers
from workloads.common.ranks import Ranks, ranks
from workloads.common.stop import SIGNALS

T = TypeVar("T")

BY_NAME = inspect.signature(DistributedDataParallel).parameters
OWN_BUFFERS: dict[str, Any] = {
    "forward_sync_buffers" if "forward_sync_buffers" in BY_NAME else "broadcast_buffers": False
}
"""Torch's newer name where it has it: the older one then warns."""

PATIENCE = timedelta(days=1)
"""The others may wait for the first one's evaluation; for one that has died torchrun ends them."""


class Alone:
    """A single process: there is nobody to ask."""

    def __init__(self) -> None:
        self.ranks = Ranks()

    def wrap(self, model: nn.Module, waits: Callable[[], None]) -> nn.Module:  # noqa: ARG002  nobody is waited for
        """The model as training calls it."""
        return model

    def hold_back(self, model: nn.Module) -> AbstractContextManager[None]:  # noqa: ARG002
        """Within it a backward pass adds to this process's gradients only."""
        return nullcontext()

    def soon(self, wants: bool) -> bool:
        """Whether any process wanted it the last time all were asked."""
        return wants

    def now(self, wants: bool) -> bool:
        """Whether any process wants it."""
        return wants

    def told(self, value: T) -> T:
        """The first process's value."""
        return value

    def each(self, value: T) -> list[T]:
        """All processes' values, by rank."""
        return [value]


class Together(Alone):
    """A process of several, each with a model and data of its own. Every method is to be called by all of them."""

    def __init__(self, device: torch.device) -> None:
        self.ranks = ranks()
        self._device = device
        self._talk = cast(dist.ProcessGroup, dist.new_group(backend="gloo", timeout=PATIENCE))
        self._vote = torch.zeros(1, dtype=torch.uint8)
        self._asked: dist.Work | None = None

    def wrap(self, model: nn.Module, waits: Callable[[], None]) -> nn.Module:
        """The model with its gradients averaged; `waits` is called when only that is left of a backward pass.

        Each rank keeps its own running statistics, as MLPerf's references do; the first rank's are evaluated.
        """
        ids = [self._device.index] if self._device.type == "cuda" else None
        wrapped = DistributedDataParallel(model, ids, gradient_as_bucket_view=True, **OWN_BUFFERS)

        def exchange(bucket: Any) -> torch.futures.Future[torch.Tensor]:
            if bucket.is_last():
                waits()
            return allreduce_hook(dist.group.WORLD, bucket)  # type: ignore[arg-type]

        # Without annotations: DDP compares them with types, and here they are strings.
        wrapped.register_comm_hook(None, lambda _state, bucket: exchange(bucket))
        return wrapped

    def hold_back(self, model: nn.Module) -> AbstractContextManager[None]:
        return model.no_sync() if isinstance(model, DistributedDataParallel) else nullcontext()

    def soon(self, wants: bool) -> bool:
        """The answer to what was asked before is waited for, not this one's: it travels while the next step runs."""
        before = self._answer()
        self._vote.fill_(wants)
        self._asked = dist.all_reduce(self._vote, dist.ReduceOp.MAX, self._talk, async_op=True)
        return before

    def now(self, wants: bool) -> bool:
        before = self._answer()
        self._vote.fill_(wants)
        dist.all_reduce(self._vote, dist.ReduceOp.MAX, self._talk)
        return before or bool(self._vote)

    def told(self, value: T) -> T:
        box = [value]
        dist.broadcast_object_list(box, src=0, group=self._talk)
        return box[0]

    def each(self, value: T) -> list[T]:
        found: list[Any] = [None] * self.ranks.world
        dist.all_gather_object(found, value, group=self._talk)
        return found

    def _answer(self) -> bool:
        if self._asked is None:
            return False
        self._asked.wait()
        self._asked = None
        return bool(self._vote)


def watch_peers(group: Together, over: threading.Event) -> None:
    """End with the other processes where one of them dies; only where all are children of one torchrun, by pid."""
    told = group.each((group.ranks.rank, os.getpid(), os.getppid()))
    if group.ranks.here == group.ranks.world and len({parent for _, _, parent in told}) == 1:
        peers.watch({rank: pid for rank, pid, _ in told if rank != group.ranks.rank}, over)


@contextlib.contextmanager
def heard_at_once() -> Iterator[None]:
    """A signal ends this process even while it waits for the others, where Python's own handlers don't run."""
    before = {number: signal.signal(number, signal.SIG_DFL) for number in SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextlib.contextmanager
def joined(device: torch.device) -> Iterator[Alone]:
    """The processes that torchrun started, joined: by NCCL on GPUs, by Gloo on CPUs."""
    if ranks().world == 1:
        yield Alone()
        return
    on_gpu = device.type == "cuda"
    over = threading.Event()
    with heard_at_once():
        dist.init_process_group("nccl" if on_gpu else "gloo", timeout=PATIENCE, device_id=device if on_gpu else None)
        together = Together(device)
        watch_peers(together, over)
    yield together
    over.set()
    # Not after an error: the others may be in the middle of something, and torchrun is about to end them.
    dist.destroy_process_group()
