"""The training loop of every workload: a step, an epoch, a run until the target, the limits or a signal ends it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar

import torch
from torch import nn

from mlperf_tui.steps import Steps
from workloads.common.compiled import compiling
from workloads.common.device import describe
from workloads.common.limits import Limits
from workloads.common.marks import Marks, submission
from workloads.common.options import Options
from workloads.common.progress import Progress
from workloads.common.setting import Setting
from workloads.common.stop import Stop
from workloads.common.task import Task

Batch = TypeVar("Batch")


def set_lr(optimiser: torch.optim.Optimizer, lr: float) -> None:
    """The rate of the next step."""
    for group in optimiser.param_groups:
        group["lr"] = lr


def train(
    options: Options, benchmark: str, make: Callable[[], Task[Any]], batch: int, setting: Setting, stop: Stop
) -> int:
    """Train the task that `make` builds once the seed is set, in steps of `batch` samples; the exit code."""
    steps = Steps(samples_per_step=batch)
    try:
        submission(Marks(steps), benchmark, f"1x{describe(setting.device)}")
        Run(options, make, setting, steps, stop).go()
    finally:
        steps.close()
    return stop.exit_code


class Run(Generic[Batch]):
    """A task in training, and how far it is. Making one is what MLPerf calls initialisation, and is marked so."""

    def __init__(
        self, options: Options, make: Callable[[], Task[Batch]], setting: Setting, steps: Steps, stop: Stop
    ) -> None:
        self.precision, self.steps, self.stop = setting.precision, steps, stop
        self.marks = Marks(steps)
        self.marks.start("init")
        torch.manual_seed(options.seed)
        self.task = make()
        # Only training is compiled, for its one shape: evaluation, with other modes and a smaller last batch, would be
        # compiled anew up to twice and takes the same weights as they are.
        self.compiled = options.compile
        self.forward: Callable[..., Any] = (
            torch.compile(self.task.model, dynamic=False) if self.compiled else self.task.model
        )
        self.scaler = self.precision.scaler()
        self.one = torch.ones((), device=setting.device)
        self.limits = Limits(options.steps, options.minutes)
        self.progress = Progress(setting.device, self.task.batch, self.task.unit)
        self.taken = 0
        self.announce(options.seed)
        self.marks.stop("init")

    def announce(self, seed: int) -> None:
        """Say what is trained: to people, to the session, to MLPerf's log."""
        print(self.task.headline(compiled=self.compiled), flush=True)
        self.steps.about(**self.task.facts(), compiled=self.compiled)
        self.marks.point("seed", seed)
        self.task.hyper_parameters(self.marks)

    def go(self) -> None:
        """From run_start to run_stop, whose status is success when the target was reached, else aborted."""
        self.stop.gently(self.steps.release)
        self.marks.start("run")
        self.limits.start()
        reached = False
        try:
            reached = self.epochs()
        finally:
            self.marks.stop("run", status="success" if reached else "aborted")

    def epochs(self) -> bool:
        """Train and evaluate until something ends it; whether the target was reached."""
        target = self.task.target
        for number in range(1, self.task.epochs + 1):
            self.epoch(number)
            over = self.limits.reached(self.taken) or number == self.task.epochs
            quality = self.evaluate(number, over)
            if quality is not None and target is not None and quality >= target:
                return True
            if over or self.stop.asked is not None:
                return False
        return False

    def epoch(self, number: int) -> None:
        """Train on every sample once, or until the run's end comes first."""
        self.marks.start("epoch", epoch_num=number)
        self.progress.epoch(number)
        self.task.model.train()
        for batch in self.steps.over(self.task.train):
            loss = self.step(batch)
            if self.compiled and self.taken == 1:
                self.progress.start_over()
            else:
                self.progress.step(self.taken, loss)
            if self.stop.asked is not None or self.limits.reached(self.taken):
                break
        self.progress.trained(loss)
        self.marks.stop("epoch", epoch_num=number)

    def step(self, batch: Batch) -> torch.Tensor:
        """One step of the optimiser; its loss, a scalar still on the device. Nothing here waits for a GPU."""
        lr = self.task.schedule(self.taken)
        set_lr(self.task.optimiser, lr)
        with compiling(self.marks, now=self.compiled and self.taken == 0):
            loss = self.gradients(batch)
        self.clip()
        self.scaler.step(self.task.optimiser)
        self.scaler.update()
        self.task.optimiser.zero_grad(set_to_none=True)
        self.taken += 1
        self.steps.end(loss=loss, lr=lr, loss_scale=self.loss_scale())
        return loss

    def gradients(self, batch: Batch) -> torch.Tensor:
        """Forward and backward; the loss."""
        with self.precision.autocast():
            loss = self.task.loss(self.forward, batch)
        self.scaler.scale(loss).backward()  # type: ignore[no-untyped-call]
        return loss

    def clip(self) -> None:
        """Shorten the gradients where the task wants it, as they are without the loss's scale."""
        if self.task.clip_norm is not None:
            self.scaler.unscale_(self.task.optimiser)
            nn.utils.clip_grad_norm_(self.task.model.parameters(), self.task.clip_norm)

    def loss_scale(self) -> torch.Tensor | None:
        """The scale as it stands, on the device: GradScaler's own get_scale would wait for the GPU."""
        return self.scaler.scale(self.one) if self.scaler.is_enabled() else None

    def evaluate(self, number: int, over: bool) -> float | None:
        """The metric where this epoch has an evaluation and no signal cut it short; the epoch's line either way."""
        quality = None
        due = over or number % self.task.eval_every == 0
        if due and self.task.can_evaluate and self.stop.asked is None:
            self.marks.start("eval", epoch_num=number)
            quality = self.task.evaluate(self.stop)
            if quality is not None:
                self.marks.point("eval_accuracy", quality, epoch_num=number)
            self.marks.stop("eval", epoch_num=number)
        self.progress.line(self.taken, "" if quality is None else self.task.said(quality))
        return quality
