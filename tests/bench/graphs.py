"""Whether training takes the same course by CUDA graphs: python -m tests.bench.graphs [WORKLOAD…], on a GPU.

Each workload that has some, on synthetic data at `small` scale, from one seed: launched kernel by kernel, twice, and by
graphs. Dropout draws the same numbers in both. Prints the losses' greatest relative difference in so many steps.
Mask R-CNN's backward pass adds up in any order, and learning from noise makes more of it with each step.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib import import_module
from typing import Any
from unittest import mock

import torch
from torch import nn

from workloads.common import graphs, training
from workloads.common.options import Options
from workloads.common.precision import resolve
from workloads.common.task import Task

ROOMS = ("gnmt", "transformer", "maskrcnn")
PRECISIONS = ("fp32", "amp-bf16", "amp-fp16")
STEPS = 30
SEED = 7


def main(rooms: list[str]) -> None:
    """A line a workload and precision."""
    for room in rooms or ROOMS:
        for precision in PRECISIONS:
            options = Options(data="synthetic", scale="small", precision=precision, device="cuda", seed=SEED)
            plain, again, recorded = (losses(room, options, recorded=recorded) for recorded in (False, False, True))
            ends = f"{plain[0]:.4f} to {plain[-1]:.4f}, {recorded[-1]:.4f} by graphs"
            told = f"apart at most {apart(plain, recorded)}; plain twice {apart(plain, again)}"
            print(f"{room} {precision}: losses from {ends}; {told}", flush=True)


def apart(some: list[float], others: list[float]) -> str:
    """The greatest relative difference among the first so many losses."""
    each = [abs(one - other) / abs(one) for one, other in zip(some, others, strict=True)]
    return ", ".join(f"{max(each[:steps]):.1e} in {steps}" for steps in (1, 3, 10, STEPS))


def losses(room: str, options: Options, *, recorded: bool) -> list[float]:
    """Of each step, as the training loop takes it."""
    task, precision = task_of(room, options), resolve(options.precision, torch.device("cuda"))
    task.model.train()
    if recorded:
        assert all(graphs.record(part, precision) for part in task.graphed(compiled=False))
    scaler, batch = precision.scaler(), next(iter(task.train))
    torch.manual_seed(SEED)
    return [step(task, scaler, batch, number) for number in range(STEPS)]


def step(task: Task[Any], scaler: torch.amp.GradScaler, batch: Any, number: int) -> float:
    """One, and its loss."""
    training.set_lr(task.optimiser, task.schedule(number))
    with task.precision.autocast():  # type: ignore[attr-defined]  # each room's task has it
        loss = task.loss(task.model, batch)
    scaler.scale(loss).backward()  # type: ignore[no-untyped-call]
    if task.clip_norm is not None:
        scaler.unscale_(task.optimiser)
        nn.utils.clip_grad_norm_(task.model.parameters(), task.clip_norm)
    scaler.step(task.optimiser)
    scaler.update()
    task.optimiser.zero_grad(set_to_none=True)
    return loss.item()


def task_of(room: str, options: Options) -> Task[Any]:
    """A room's task, made as its `train` makes it."""
    made: list[Task[Any]] = []

    def keep(_options: object, _name: object, make: Callable[[], Task[Any]], *_: object) -> int:
        torch.manual_seed(SEED)
        made.append(make())
        return 0

    with mock.patch.object(training, "train", keep):
        import_module(f"workloads.{room}.train").train(options, None)
    return made[0]


if __name__ == "__main__":
    main(sys.argv[1:])
