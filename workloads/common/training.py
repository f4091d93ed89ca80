"""The training loop of every workload: a step, an epoch, a run until the target, the limits or a signal ends it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import Any, Generic, TypeVar

import torch
from torch import nn

from mlperf_tui.steps import Steps
from workloads.common import checkpoint, graphs
from workloads.common.compiled import begin_step, called, compiling
from workloads.common.device import describe
from workloads.common.group import Alone, joined
from workloads.common.limits import Limits
from workloads.common.marks import Marks, submission
from workloads.common.options import Options, Refusal
from workloads.common.places import NAME, file_of
from workloads.common.progress import Progress
from workloads.common.say import say
from workloads.common.setting import Setting
from workloads.common.stop import Stop
from workloads.common.task import Task

Batch = TypeVar("Batch")

TARGET = "target"
"""What ends a run that MLPerf calls a success."""


def set_lr(optimiser: torch.optim.Optimizer, lr: float) -> None:
    """The rate of the next step."""
    for group in optimiser.param_groups:
        group["lr"] = lr


def room(task: Task[Any]) -> str:
    """The workload's name, by where its task is: workloads.NAME.task."""
    return type(task).__module__.split(".")[-2:][0].replace("_", "-")


def train(
    options: Options, benchmark: str, make: Callable[[], Task[Any]], batch: int, setting: Setting, stop: Stop
) -> int:
    """Train the task that `make` builds once the seed is set, in batches of `batch` samples; the exit code.

    Raises Refusal where a checkpoint doesn't fit, or something can't be done deterministically.
    """
    steps = Steps(samples_per_step=batch * options.accumulate)
    try:
        with joined(setting.device) as group:
            submission(Marks(steps), benchmark, f"{group.ranks.world}x{describe(setting.device)}")
            Run(options, make, setting, steps, stop, group).go()
    except RuntimeError as error:
        if options.deterministic and "deterministic" in str(error):
            raise Refusal(f"--deterministic can't be kept here: {str(error).partition('. ')[0]}") from error
        raise
    finally:
        steps.close()
    return stop.exit_code


class Run(Generic[Batch]):
    """A task in training, and how far it is. Making one is what MLPerf calls initialisation, and is marked so."""

    def __init__(
        self,
        options: Options,
        make: Callable[[], Task[Batch]],
        setting: Setting,
        steps: Steps,
        stop: Stop,
        group: Alone | None = None,
    ) -> None:
        self.options, self.setting, self.precision = options, setting, setting.precision
        self.steps, self.stop, self.group = steps, stop, group or Alone()
        self.marks = Marks(steps)
        self.marks.start("init")
        torch.manual_seed(options.seed)
        self.task = make()
        self.graphed = self.record()
        self.wrapped = self.group.wrap(self.task.model, steps.allreduce_start)
        self.forward = self.task.compiled(self.wrapped, self.compile_mode) if options.compile else self.wrapped
        self.learnt = list(self.task.model.parameters())
        self.scaler = self.precision.scaler()
        self.one = torch.ones((), device=setting.device)
        self.limits = Limits(options.steps, options.minutes)
        self.progress = Progress(setting.device, self.step_samples * self.group.ranks.world, self.task.unit)
        self.loss: torch.Tensor | None = None
        self.taken = 0
        self.compiled = False
        self.announce()
        if options.resume is not None:
            self.resume(Path(options.resume))
        elif self.group.ranks.world > 1:
            torch.manual_seed(options.seed + self.group.ranks.rank)  # the weights are alike, dropout isn't
        self.marks.stop("init")

    @property
    def step_samples(self) -> int:
        """Samples that this rank gives a step."""
        return self.task.batch * self.options.accumulate

    @property
    def steps_per_epoch(self) -> int:
        return self.task.train.batches // self.options.accumulate

    @property
    def compile_mode(self) -> str | None:
        """torch.compile's, as asked for, else the task's own: graphs, of one GPU alone."""
        alone = self.setting.device.type == "cuda" and self.group.ranks.world == 1
        usual = self.task.compile_mode if alone else None
        return self.options.compile_mode or usual

    def record(self) -> bool:
        """Have CUDA graphs made of what the task says, where they are wanted; whether there are any."""
        safe = graphs.wanted(self.options, self.setting.device, self.group.ranks.world)
        parts = self.task.graphed(compiled=self.options.compile) if safe else ()
        made = [graphs.record(part, self.precision) for part in parts]
        return any(made)

    def announce(self) -> None:
        """Say what is trained: to people, to the session, to MLPerf's log."""
        how = called(compiled=self.options.compile, mode=self.compile_mode, graphed=self.graphed)
        say(self.task.headline(compiled=how) + self.of_step())
        told = {**self.task.facts(), "steps_per_epoch": self.steps_per_epoch}
        self.steps.about(**told, compiled=self.options.compile, cuda_graphs=self.graphed)
        self.marks.point("seed", self.options.seed)
        self.marks.point("gradient_accumulation_steps", self.options.accumulate)
        self.task.hyper_parameters(self.marks, self.options.accumulate * self.group.ranks.world)

    def of_step(self) -> str:
        """What a step of the optimiser takes beyond one batch, as the end of the headline; "" for nothing."""
        more = ((self.options.accumulate, "accumulated"), (self.group.ranks.world, "ranks"))
        said = "".join(f" × {count} {what}" for count, what in more if count > 1)
        return f"; a step: batch{said}" if said else ""

    def go(self) -> None:
        """From run_start to run_stop, whose status is success when the target was reached, else aborted."""
        self.stop.gently(self.steps.release)
        self.marks.start("run")
        self.limits.start()
        ended_by = "error"
        try:
            ended_by = self.epochs()
        finally:
            self.marks.stop("run", status="success" if ended_by == TARGET else "aborted", ended_by=ended_by)

    def epochs(self) -> str:
        """Train and evaluate until something ends it, and say what: target, signal, minutes, steps, epochs."""
        for number in range(self.taken // self.steps_per_epoch + 1, self.task.epochs + 1):
            self.epoch(number)
            stopped = self.group.now(self.stop.asked is not None)
            late = self.group.now(self.limits.passed())
            full = self.limits.taken(self.taken)
            over = late or full or number == self.task.epochs
            due = over or number % self.task.eval_every == 0
            quality = self.evaluate(number, due=due and not stopped)
            self.save()
            if quality is not None and self.group.told(self.task.reached(quality)):
                return TARGET
            if self.group.now(self.stop.asked is not None):
                return "signal"
            if late or full:
                return "minutes" if late else "steps"
        return "epochs"

    def epoch(self, number: int) -> None:
        """Train on every sample once, or until the run's end comes first."""
        self.marks.start("epoch", epoch_num=number)
        self.progress.epoch(number)
        self.task.model.train()
        for count, batch in enumerate(self.steps.over(self.task.train), 1):
            whole = count % self.options.accumulate == 0
            self.gradients(batch, whole=whole)
            if not whole:
                continue
            loss = self.step()
            if self.options.compile and not self.compiled:
                self.compiled = True
                self.progress.start_over()
                self.limits.start()
            else:
                self.progress.step(self.taken, loss)
            if self.limits.taken(self.taken) or self.group.soon(self.stop.asked is not None or self.limits.passed()):
                break
        self.progress.trained(loss)
        self.marks.stop("epoch", epoch_num=number)

    def gradients(self, batch: Batch, *, whole: bool) -> None:
        """Forward and backward; with the step's last batch (`whole`) its gradients are averaged over all ranks."""
        held = nullcontext() if whole else self.group.hold_back(self.wrapped)
        if self.options.compile and self.loss is None:
            begin_step()
        with compiling(self.marks, now=self.options.compile and not self.compiled and whole), held:
            with self.precision.autocast():
                loss = self.task.loss(self.forward, batch)
            if self.options.accumulate > 1:
                loss = loss / self.options.accumulate
            self.scaler.scale(loss).backward()  # type: ignore[no-untyped-call]
        self.loss = loss.detach() if self.loss is None else self.loss + loss.detach()

    def step(self) -> torch.Tensor:
        """One step of the optimiser; its loss, a scalar still on the device. Nothing here waits for a GPU."""
        self.steps.allreduce_stop()
        lr = self.task.schedule(self.taken)
        set_lr(self.task.optimiser, lr)
        self.clip()
        self.scaler.step(self.task.optimiser)
        self.scaler.update()
        self.task.optimiser.zero_grad(set_to_none=True)
        self.taken += 1
        assert self.loss is not None
        loss, self.loss = self.loss, None
        self.steps.end(loss=loss, lr=lr, loss_scale=self.loss_scale())
        return loss

    def clip(self) -> None:
        """Shorten the gradients where the task wants it, as they are without the loss's scale."""
        if self.task.clip_norm is not None:
            self.scaler.unscale_(self.task.optimiser)
            nn.utils.clip_grad_norm_(self.learnt, self.task.clip_norm)

    def loss_scale(self) -> torch.Tensor | None:
        """The scale as it stands, on the device: GradScaler's own get_scale would wait for the GPU."""
        return self.scaler.scale(self.one) if self.scaler.is_enabled() else None

    def evaluate(self, number: int, *, due: bool) -> float | None:
        """The metric where an evaluation is due and no signal cuts it short; the epoch's line either way.

        The first rank evaluates, and the others wait for what it finds.
        """
        quality = None
        if due and self.task.can_evaluate and self.group.ranks.first:
            self.marks.start("eval", epoch_num=number)
            quality = self.task.evaluate(self.stop)
            if quality is not None:
                self.marks.point("eval_accuracy", self.task.accuracy(quality), epoch_num=number)
            self.marks.stop("eval", epoch_num=number)
        self.progress.line(self.taken, "" if quality is None else self.task.said(quality))
        return self.group.told(quality)

    def save(self) -> None:
        """All that the run needs to go on from here, where a folder for it was given."""
        if self.options.checkpoint is None:
            return
        dice = self.group.each(checkpoint.dice(self.setting.device))
        if self.group.ranks.first:
            self.write(Path(self.options.checkpoint), dice)

    def write(self, folder: Path, dice: list[list[torch.Tensor]]) -> None:
        """Save to `folder` and tell the session where, or why that could not be done: training goes on either way."""
        bodies = {name: part.state_dict() for name, part in self.parts().items()}
        more = {"made_with": self.made_with(), "taken": self.taken, "dice": dice}
        try:
            checkpoint.save(folder, {**bodies, **more})
        except (OSError, RuntimeError) as error:  # torch's zip writer raises the latter for a full disk
            why = checkpoint.reason(error)
            say(f"no checkpoint after step {self.taken:,}: {why}; training goes on")
            self.steps.mark("checkpoint_failed", why, step=self.taken)
        else:
            self.steps.mark("checkpoint_saved", str(folder / NAME), step=self.taken)

    def resume(self, path: Path) -> None:
        """Go on where a checkpoint stands. Raises Refusal where it was made by a run unlike this one."""
        state = checkpoint.load(path)
        checkpoint.refuse_unlike(path, state["made_with"], self.made_with())
        for name, part in self.parts().items():
            part.load_state_dict(state[name])
        self.taken = state["taken"]
        self.task.train.skip(self.taken * self.options.accumulate)
        checkpoint.put_dice(state["dice"][self.group.ranks.rank], self.setting.device)
        say(f"resumed after step {self.taken:,}")
        self.steps.about(resumed={"after_step": self.taken, "file": str(file_of(path))})

    def parts(self) -> dict[str, Any]:
        """What has a state of its own."""
        return {"model": self.task.model, "optimiser": self.task.optimiser, "scaler": self.scaler}

    def made_with(self) -> dict[str, Any]:
        """What two parts of one training have in common: first what a person sets, then what follows from it."""
        told = self.task.facts()
        return {
            "workload": room(self.task),
            "data": told["data"],
            "scale": told["scale"],
            "batch": self.task.batch,
            "accumulate": self.options.accumulate,
            "gpus": self.group.ranks.world,
            "precision": told["precision"],
            "seed": self.options.seed,
            "epochs": told["epochs"],
            "parameters": told["parameters"],
            "steps_per_epoch": self.steps_per_epoch,
        }
