"""What the screen of an experiment shows at one moment, frozen: the model makes it, the panes draw it."""

from __future__ import annotations

from mlperf_tui.analysis.ab.evidence import Window
from mlperf_tui.analysis.ab.result import Ab, Change
from mlperf_tui.frozen import frozen
from mlperf_tui.records import Experiment, Stage
from mlperf_tui.session.status import Status
from mlperf_tui.viewer.snapshot import Event


@frozen
class Arm:
    """One value of the factor. `per_s` is the mean of the processes that count, `spread` their scatter as a share.

    `last` is its newest window, of a process that may not be over. `losses` are means over its processes, in equal
    steps from no sample to `Held.until` samples; None where there is none.
    """

    letter: str
    label: str
    counted: int = 0
    per_s: float | None = None
    spread: float | None = None
    last: Window | None = None
    source: str | None = None
    losses: tuple[float | None, ...] = ()


@frozen
class Held:
    """All that follows from the evidence alone. `changes` has a tuple an arm other than the first.

    `so_far` says that no pair is whole, or none may be compared: values are then those of the processes there are.
    """

    ab: Ab
    arms: tuple[Arm, ...]
    changes: tuple[tuple[Change, ...], ...] = ()
    so_far: bool = True
    until: float = 0.0


@frozen
class Picture:
    """One moment of an experiment. `age_s` is how old the evidence is, `trouble` why it can't be read just now.

    `continued` says that another runner was there before: the limit is counted anew. `left` are the states of runs that
    go on although their runner is gone.
    """

    plan: Experiment
    status: Status
    elapsed_s: float | None = None
    stage: Stage | None = None
    events: tuple[Event, ...] = ()
    alarms: tuple[Event, ...] = ()
    held: Held | None = None
    age_s: float | None = None
    trouble: str = ""
    continued: bool = False
    left: tuple[str, ...] = ()

    @property
    def stoppable(self) -> bool:
        """Whether something goes on, and isn't stopping already."""
        going = (self.status.word, *self.left) if self.status.live else self.left
        return any(word != "stopping" for word in going)

    @property
    def unit(self) -> str:
        """Of every throughput."""
        return self.held.ab.unit if self.held else self.plan.unit
