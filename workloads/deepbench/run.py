"""A pass over a kernel's problems: each timed alone and told in a line, and their geometric mean at the end."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Generic

import torch

from mlperf_tui.steps import Steps
from workloads.common.device import describe
from workloads.common.limits import Limits
from workloads.common.marks import Marks, submission
from workloads.common.options import Options
from workloads.common.setting import Setting
from workloads.common.stop import Stop
from workloads.deepbench.problem import Measured, P, Prepare, geometric_mean
from workloads.deepbench.timing import seconds

METRIC = "geometric mean, TFLOP/s"
TERA = 1e12


def run(options: Options, kernel: str, problems: Sequence[P], prepare: Prepare[P], setting: Setting, stop: Stop) -> int:
    """Measure each problem `--epochs` times (once by default); the exit code."""
    steps = Steps(samples_per_step=1)
    try:
        Pass(options, kernel, problems, prepare, setting, steps, stop).go()
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
    ) -> None:
        self.problems = [problem for _ in range(options.epochs or 1) for problem in problems]
        self.prepare, self.setting, self.steps, self.stop = prepare, setting, steps, stop
        self.marks = Marks(steps)
        self.limits = Limits(options.steps, options.minutes)
        self.measured: list[Measured] = []
        submission(self.marks, kernel, f"1x{describe(setting.device)}")
        self.marks.start("init")
        torch.manual_seed(options.seed)
        self.announce(kernel, options, len(problems))
        self.marks.stop("init")

    def announce(self, kernel: str, options: Options, problems: int) -> None:
        """Say what is measured: to people, to the session, to the log."""
        said = facts(self.setting, options.scale or scale_for(self.setting.device), problems)
        print(
            f"{kernel} {said['scale']}, {problems} problems, {said['precision']}, on {said['device']}",
            flush=True,
        )
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
                if self.stop.asked is not None or self.limits.reached(len(self.measured)):
                    break
            self.conclude()
        finally:
            whole = len(self.measured) == len(self.problems)
            self.marks.stop("run", status="success" if whole else "aborted")

    def measure(self, problem: P) -> None:
        """One step: a problem laid out, warmed up and timed, and its line."""
        kind = self.setting.precision.compute or torch.float32
        took = seconds(self.prepare(problem, self.setting.device, kind), self.setting.device)
        found = Measured(problem.name, took, problem.flop / took / TERA)
        self.measured.append(found)
        print(f"{found.name}  {1000 * took:10.3f} ms  {found.rate:8.3f} TFLOP/s", flush=True)
        self.steps.end()

    def conclude(self) -> None:
        """The geometric mean of what was measured, and of how many problems."""
        mean = geometric_mean(found.rate for found in self.measured)
        print(f"geometric mean of {len(self.measured)} problems: {mean:.3f} TFLOP/s", flush=True)
        self.marks.point("eval_accuracy", round(mean, 6), problems=len(self.measured))


def scale_for(device: torch.device) -> str:
    """All of the list on a GPU, the smallest of it on a CPU."""
    return "reference" if device.type == "cuda" else "tiny"


def facts(setting: Setting, scale: str, problems: int) -> dict[str, Any]:
    """Fields of the About record."""
    return {
        "precision": setting.precision.name,
        "scale": scale,
        "data": "DeepBench's training list",
        "device": describe(setting.device),
        "steps_per_epoch": problems,
        "metric": METRIC,
        "direction": "up",
    }
