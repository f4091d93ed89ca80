"""The training loop: one step, one epoch, one run until the target, the limits or a signal ends it."""

from __future__ import annotations

import sys
import traceback

import torch
from torch import nn

from mlperf_tui.steps import Steps
from workloads.common.compiled import compiling
from workloads.common.device import describe, pick, share_cores
from workloads.common.limits import Limits
from workloads.common.loader import default_workers
from workloads.common.marks import Marks, submission
from workloads.common.options import Options
from workloads.common.precision import Precision, resolve
from workloads.common.progress import Progress
from workloads.common.refusals import refuse_compile
from workloads.common.stop import Stop
from workloads.resnet50.data import Data, load
from workloads.resnet50.describe import METRIC, facts, headline, hyper_parameters
from workloads.resnet50.evaluate import top_1
from workloads.resnet50.input import Batch, to_device
from workloads.resnet50.layout import UnreadableImage
from workloads.resnet50.model import parameters, resnet50
from workloads.resnet50.optimiser import set_lr, sgd
from workloads.resnet50.recipe import choose, target
from workloads.resnet50.schedule import schedule


def train(options: Options, stop: Stop) -> int:
    """Train as asked and return the exit code. Raises Refusal for what the device or the data can't do."""
    device = pick(options.device)
    precision = resolve(options.precision, device)
    if options.compile:
        refuse_compile(device.type)
    workers = default_workers() if options.workers is None else options.workers
    share_cores(device, workers)
    data = load(options, choose(options, device.type), device, workers)
    torch.backends.cudnn.benchmark = options.cudnn_benchmark
    steps = Steps(samples_per_step=data.recipe.batch)
    try:
        Run(options, data, precision, steps, stop).go()
    except UnreadableImage as error:
        traceback.clear_frames(error.__traceback__)  # they hold the loaders, whose workers would be waited for
        print(str(error).strip().rpartition("UnreadableImage: ")[2], file=sys.stderr, flush=True)
        return 1
    finally:
        steps.close()
    return stop.exit_code


class Run:
    """A model in training, and how far it is. Making one is what MLPerf calls initialisation, and is marked so."""

    def __init__(self, options: Options, data: Data, precision: Precision, steps: Steps, stop: Stop) -> None:
        self.data, self.precision, self.steps, self.stop = data, precision, steps, stop
        self.device, self.target = precision.device, target(options)
        self.marks = Marks(steps)
        submission(self.marks, "resnet", f"1x{describe(self.device)}")
        self.marks.start("init")
        torch.manual_seed(options.seed)
        model = resnet50(data.classes, data.recipe.width)
        self.model = model.to(self.device, memory_format=torch.channels_last)
        # Only training is compiled, for its one shape: evaluation, with other modes and a smaller last batch, would be
        # compiled anew up to twice and takes the same weights as they are.
        self.compiled = options.compile
        self.forward = torch.compile(self.model, dynamic=False) if self.compiled else self.model
        self.criterion = nn.CrossEntropyLoss(label_smoothing=data.recipe.label_smoothing)
        self.optimiser, self.scaler = sgd(self.model), precision.scaler()
        self.one = torch.ones((), device=self.device)
        self.schedule = schedule(data.recipe, data.steps_per_epoch)
        self.limits = Limits(options.steps, options.minutes)
        self.progress = Progress(self.device, data.recipe.batch)
        self.taken = 0
        self.announce(options.seed)
        self.marks.stop("init")

    def announce(self, seed: int) -> None:
        """Say what is trained: to people, to the session, to MLPerf's log."""
        said = facts(self.data, self.precision, parameters(self.model), self.target)
        print(headline(said, self.data.recipe.batch, compiled=self.compiled), flush=True)
        self.steps.about(**said, compiled=self.compiled)
        hyper_parameters(self.marks, self.data, self.schedule, seed)

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
        for number in range(1, self.data.recipe.epochs + 1):
            self.epoch(number)
            over = self.limits.reached(self.taken) or number == self.data.recipe.epochs
            quality = self.evaluate(number, over)
            if quality is not None and self.target is not None and quality >= self.target:
                return True
            if over or self.stop.asked is not None:
                return False
        return False

    def epoch(self, number: int) -> None:
        """Train on every image once, or until the run's end comes first."""
        self.marks.start("epoch", epoch_num=number)
        self.progress.epoch(number)
        self.model.train()
        for batch in self.steps.over(self.data.train):
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
        """One step of SGD; its loss, a scalar still on the device. Nothing here waits for a GPU."""
        lr = self.schedule(self.taken)
        set_lr(self.optimiser, lr)
        images, labels = to_device(batch, self.device)
        with compiling(self.marks, now=self.compiled and self.taken == 0):
            loss = self.gradients(images, labels)
        self.scaler.step(self.optimiser)
        self.scaler.update()
        self.optimiser.zero_grad(set_to_none=True)
        self.taken += 1
        self.steps.end(loss=loss, lr=lr, loss_scale=self.loss_scale())
        return loss

    def gradients(self, images: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        """Forward and backward; the loss."""
        with self.precision.autocast():
            loss: torch.Tensor = self.criterion(self.forward(images), labels)
        self.scaler.scale(loss).backward()  # type: ignore[no-untyped-call]
        return loss

    def loss_scale(self) -> torch.Tensor | None:
        """The scale as it stands, on the device: GradScaler's own get_scale would wait for the GPU."""
        return self.scaler.scale(self.one) if self.scaler.is_enabled() else None

    def evaluate(self, number: int, over: bool) -> float | None:
        """Top-1 where this epoch has an evaluation and no signal cut it short; the epoch's line either way."""
        quality = None
        due = over or number % self.data.recipe.eval_every == 0
        if due and self.data.held_out is not None and self.stop.asked is None:
            self.marks.start("eval", epoch_num=number)
            quality = top_1(self.model, self.data.held_out, self.precision, self.stop)
            if quality is not None:
                self.marks.point("eval_accuracy", quality, epoch_num=number)
            self.marks.stop("eval", epoch_num=number)
        self.progress.line(self.taken, "" if quality is None else f"{METRIC} {quality:.1%}")
        return quality
