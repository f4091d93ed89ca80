"""A pass over a kernel's problems: each timed alone and told in a line, and their geometric mean at the end."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Generic

import torch

from mlperf_tui.steps import Steps
from workloads.common.device import describe
from workloads.common.group import Alone, joined
from workloads.common.limits import Limits
from workloads.common.marks import Marks, submission
from workloads.common.options import Options
from workloads.common.say import say
from workloads.common.setting import Setting
from workloads.common.stop import Stop
from workloads.deepbench.gauge import Flops, Gauge
from workloads.deepbench.problem import Measured, P, Prepare, geometric_mean

IN_FLOPS: Gauge[Any] = Flops()


def run(
    options: Options,
    kernel: str,
    problems: Sequence[P],
    prepare: Prepare[P],
    setting: Setting,
    stop: Stop,
    gauge: Gauge[P] = IN_FLOPS,
) -> int:
    """Measure each problem `--epochs` times (once by default); the exit code."""
    steps = Steps(samples_per_step=1)
    try:
        with joined(setting.device) as group:
            Pass(options, kernel, problems, prepare, setting, steps, stop, gauge, group).go()
    finally:
        steps.close()
    return stop.exit_code


class Pass(Generic[P]):
    """The problems of one run, and what has been measured of them."""

    def __init__(
        self,
        options: Options,
        kernel: str,
        problems: Sequence[P],
        prepare: Prepare[P],
        setting: Setting,
        steps: Steps,
        stop: Stop,
        gauge: Gauge[P],
        group: Alone,
    ) -> None:
        self.problems = [problem for _ in range(options.epochs or 1) for problem in problems]
        self.prepare, self.setting, self.steps, self.stop = prepare, setting, steps, stop
        self.gauge, self.group = gauge, group
        self.marks = Marks(steps)
        self.limits = Limits(options.steps, options.minutes)
        self.measured: list[Measured] = []
        submission(self.marks, kernel, f"{group.ranks.world}x{describe(setting.device)}")
        self.marks.start("init")
        torch.manual_seed(options.seed)
        self.announce(kernel, options, len(problems))
        self.marks.stop("init")

    def announce(self, kernel: str, options: Options, problems: int) -> None:
        """Say what is measured: to people, to the session, to the log."""
        said = facts(self.setting, options.scale or scale_for(self.setting.device), problems, self.gauge.unit)
        world = self.group.ranks.world
        on = said["device"] if world == 1 else f"{world} × {said['device']}"
        say(f"{kernel} {said['scale']}, {problems} problems, {said['precision']}, on {on}")
        self.steps.about(**said)
        self.marks.point("seed", options.seed)
        self.marks.point("train_samples", len(self.problems))

    def go(self) -> None:
        """From run_start to run_stop, whose status is success when all of them were measured."""
        self.stop.gently(self.steps.release)
        self.marks.start("run")
        self.limits.start()
        try:
            for problem in self.steps.over(self.problems):
                self.measure(problem)
                if self.group.now(self.stop.asked is not None or self.limits.reached(len(self.measured))):
                    break
            self.conclude()
        finally:
            whole = len(self.measured) == len(self.problems)
            self.marks.stop("run", status="success" if whole else "aborted")

    def measure(self, problem: P) -> None:
        """One step: a problem laid out, warmed up and timed, and its line."""
        kind = self.setting.precision.compute or torch.float32
        work = self.prepare(problem, self.setting.device, kind)
        took = self.gauge.seconds(work, self.setting.device, self.group)
        self.measured.append(Measured(problem.name, took, self.gauge.rate(problem, took), self.gauge.part(problem)))
        say(f"{problem.name}  {1000 * took:10.3f} ms  {self.gauge.told(problem, took)}")
        if self.group.ranks.first:  # what all ranks do together counts once
            self.steps.end()

    def conclude(self) -> None:
        """The geometric mean of each part, where the list has parts, and of all that was measured."""
        for part in dict.fromkeys(found.part for found in self.measured if found.part):
            self.mean([found for found in self.measured if found.part == part], f"{part} problem")
        mean = self.mean(self.measured, "problem")
        self.marks.point("eval_accuracy", round(mean, 6), problems=len(self.measured))

    def mean(self, measured: Sequence[Measured], what: str) -> float:
        """The geometric mean of these, each a `what`, and its line."""
        mean = geometric_mean(found.rate for found in measured)
        many = f"{len(measured)} {what}{'s' if len(measured) > 1 else ''}"
        say(f"geometric mean of {many}: {mean:.3f} {self.gauge.unit}")
        return mean


def scale_for(device: torch.device) -> str:
    """All of the list on a GPU, the smallest of it on a CPU."""
    return "reference" if device.type == "cuda" else "tiny"


def facts(setting: Setting, scale: str, problems: int, unit: str) -> dict[str, Any]:
    """Fields of the About record."""
    return {
        "precision": setting.precision.name,
        "scale": scale,
        "data": "DeepBench's training list",
        "device": describe(setting.device),
        "steps_per_epoch": problems,
        "metric": f"geometric mean, {unit}",
        "direction": "up",
    }
