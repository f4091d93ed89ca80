"""How a running program trains now: by its ranks' last steps, and how long ago the newest of them was."""

from __future__ import annotations

import statistics
from dataclasses import dataclass
from itertools import pairwise

from mlperf_tui.records import Step
from mlperf_tui.report.pieces import tail
from mlperf_tui.session.folder import Folder, rank_of

STALLED_S = 60.0
STALLED_STEPS = 10.0
"""So long, and so many times a usual step, must pass without one, as for the alarm of a stalled run."""


@dataclass(frozen=True, slots=True)
class Pulse:
    """`rate` is samples a second of all ranks in their last steps, None where one doesn't tell.

    `since_s` is the time since any rank's newest step, `usual_s` from one step to the next, of the slowest rank.
    """

    rate: float | None = None
    since_s: float | None = None
    usual_s: float = 0.0

    def silent_s(self, least_s: float = STALLED_S, steps: float = STALLED_STEPS) -> float | None:
        """Seconds since the newest step, where they are at least `least_s` and as many as `steps` usual steps take."""
        if self.since_s is None or self.since_s < max(least_s, steps * self.usual_s):
            return None
        return self.since_s


def pulse(folder: Folder, t: int) -> Pulse:
    """As of the monotonic time `t` in ns; all unknown before the first step."""
    newest = {rank_of(path): path for path in folder.steps()} or {0: folder.printed}
    ranks = [tail(path, Step) for path in newest.values()]
    stepped = [steps for steps in ranks if steps]
    if not stepped:
        return Pulse()
    rates = [rate for steps in ranks if (rate := rate_of(steps)) is not None]
    return Pulse(
        sum(rates) if len(rates) == len(ranks) else None,
        max(0.0, (t - max(steps[-1].t for steps in stepped)) / 1e9),
        max(_usual_s(steps) for steps in stepped),
    )


def rate_of(steps: list[Step]) -> float | None:
    """Samples over the time of the steps, data wait included; None where either was not told.

    The program's first step is of no use beside others: it compiles, or loads what the next ones have.
    """
    steps = [step for step in steps if step.n] or steps
    samples = sum(step.samples or 0 for step in steps)
    seconds = sum((step.data_s or 0) + (step.host_s or 0) for step in steps)
    return samples / seconds if samples and seconds > 0 else None


def _usual_s(steps: list[Step]) -> float:
    between = [(later.t - sooner.t) / 1e9 for sooner, later in pairwise(steps)]
    return statistics.median(between) if between else 0.0
