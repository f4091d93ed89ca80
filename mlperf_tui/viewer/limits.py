"""What limits the run now: the last seconds' readings as evidence, and the verdict on them, held steady."""

from __future__ import annotations

from collections.abc import Collection

from mlperf_tui.analysis.bottleneck import Evidence, Steady, Verdict, rules
from mlperf_tui.analysis.bottleneck.evidence import UNKNOWN
from mlperf_tui.analysis.bottleneck.untold import STACKS
from mlperf_tui.frozen import frozen
from mlperf_tui.viewer.format import duration
from mlperf_tui.viewer.machine import Machine
from mlperf_tui.viewer.recent import Recent
from mlperf_tui.viewer.snapshot import GpuNow, Training

COMPILES = "Wait for the first step: its time is kept apart from the others."


class Limits:
    """Judges once a snapshot; the same moment again gets the same answer."""

    def __init__(self) -> None:
        self._steady = Steady()
        self._last: Verdict | None = None

    def now(
        self, now: int, machine: Machine, gpus: Collection[GpuNow], training: Training, precision: str | None
    ) -> Verdict:
        """The verdict at `now`, in monotonic ns. While it evaluates or saves it stays what it was, for a minute.

        Without steps for any other reason, and while the model is compiled, a limit could be told of nothing.
        """
        if training.compiling_s is not None:
            return Verdict(UNKNOWN, (f"the model is being compiled, since {duration(training.compiling_s)}",), COMPILES)
        rests = training.pausing and machine.recent.rests(now)
        if training.silent_s is not None and not training.now.steps and not rests:
            return Verdict(UNKNOWN, (f"no step for {duration(training.silent_s)}",), STACKS)
        if self._last is None or training.now.steps or not machine.recent.rests(now):
            early = Evidence(on_gpu=bool(gpus), just_begun=True)
            found = early if machine.recent.is_young else evidence(now, machine, gpus, training, precision)
            self._last = self._steady.see(now, found)
        return self._last


def evidence(
    now: int, machine: Machine, gpus: Collection[GpuNow], training: Training, precision: str | None
) -> Evidence:
    """What the last seconds say, over the GPUs that the run uses and that still answer."""
    means, notes = LastSeconds(machine.recent, now), machine.notes
    named = {gpu.index for gpu in gpus if gpu.used}
    indices = rules.of_the_run([gpu.index for gpu in gpus if gpu.lost is None], named, means)
    return rules.evidence(means, indices, notes.gpus.values(), training.now, notes.host, precision)


@frozen
class LastSeconds:
    """The means of recent readings as they are at `now`: what `rules.Means` asks for."""

    recent: Recent
    now: int

    def gpu(self, name: str, indices: Collection[int]) -> float | None:
        return self.recent.gpu(name, indices, self.now)

    def limited(self, word: str, indices: Collection[int]) -> float | None:
        return self.recent.limited(word, indices, self.now)

    def nvlink(self, index: int) -> float | None:
        return self.recent.nvlink(index, self.now)

    def pcie(self, index: int) -> float | None:
        return self.recent.pcie(index, self.now)

    def cores(self, name: str) -> float | None:
        return self.recent.cores(name, self.now)

    def main_cpu_share(self) -> float | None:
        return self.recent.main_cpu_share(self.now)
