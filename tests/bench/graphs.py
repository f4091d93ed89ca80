"""Whether training takes the same course by CUDA graphs: python -m tests.bench.graphs [WORKLOAD…], on a GPU.

Each workload that has some, on synthetic data at `small` scale, from one seed: launched kernel by kernel, twice, and by
graphs. Dropout draws the same numbers in both. Prints the losses' greatest relative difference in so many steps.
Mask R-CNN's backward pass adds up in any order, and learning from noise makes more of it with each step.
"""

from __future__ import annotations

import sys

import torch

from tests.bench.plain.loop import Plain, step
from tests.workloads.tasks import task_of
from workloads.common import graphs
from workloads.common.options import Options
from workloads.common.precision import resolve
from workloads.common.training import set_lr

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
    """Of each step."""
    torch.manual_seed(SEED)
    task, precision = task_of(room, options), resolve(options.precision, torch.device("cuda"))
    task.model.train()
    if recorded:
        assert all(graphs.record(part, precision) for part in task.graphed(compiled=False))
    batch, scaler = next(iter(task.train)), precision.scaler()
    plain = Plain(task.model, task.optimiser, lambda: task.loss(task.model, batch), task.batch, task.clip_norm)
    torch.manual_seed(SEED)
    found = []
    for number in range(STEPS):
        set_lr(task.optimiser, task.schedule(number))
        found.append(step(plain, scaler, precision.name).item())
    return found


if __name__ == "__main__":
    main(sys.argv[1:])
