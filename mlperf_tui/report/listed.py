"""What a list says of one session or one experiment."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from mlperf_tui.report.numbers import count, duration

UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class Listed:
    """A session or an experiment in a list. `status` is a word of session.status or `unreadable`.

    `detail` is the sentence behind it. `rate` is in `unit`, `started_s` in seconds since the epoch, `pace` the rate
    over the run, oldest first. `told` says that the summary, which a run leaves at its end, was there to take rate,
    precision and duration from. `silent_s` is there for a live run that has long made no step.

    `experiment` is the one that a session is a run of, in the `pair` and for the `arm` named. Of an experiment `runs`
    says how many it has, None for a session; `precision` are its arms, `ratio` the throughput of the second one over
    the first, and `conclusion` whether that is faster, slower or cannot_tell, as its report has them.
    """

    id: str
    status: str
    detail: str = ""
    name: str | None = None
    note: str | None = None
    workload: str = ""
    precision: str | None = None
    rate: float | None = None
    unit: str = "samples/s"
    started_s: float | None = None
    lasted_s: float | None = None
    size_bytes: int | None = None
    grace_s: float = 30.0
    told: bool = False
    pace: tuple[float | None, ...] = ()
    silent_s: float | None = None
    experiment: str | None = None
    pair: int | None = None
    arm: str | None = None
    runs: int | None = None
    ratio: float | None = None
    conclusion: str | None = None

    @property
    def place(self) -> str:
        """Where a run stands in its experiment, such as `2 amp` for pair and arm."""
        return f"{self.pair} {self.arm}" if self.pair is not None and self.arm is not None else ""

    @property
    def silence(self) -> str:
        """How long there was no step, where that is long."""
        return "" if self.silent_s is None else f"no step for {duration(self.silent_s)}"


def runs_of(rows: Iterable[Listed]) -> dict[str, list[Listed]]:
    """The runs of each experiment among the rows, the first launched first, by its id."""
    found: dict[str, list[Listed]] = {row.id: [] for row in rows if row.runs is not None}
    for row in sorted(rows, key=lambda row: (row.started_s or 0, row.id)):
        if row.experiment in found:
            found[row.experiment].append(row)
    return found


def ratios(row: Listed) -> tuple[str, ...]:
    """An experiment's ratio with what it proves, the longest way to say it first; none where it isn't known."""
    if row.ratio is None:
        return ()
    text = f"×{count(row.ratio)}"
    return (text,) if row.conclusion in {"faster", "slower"} else (f"{text} can't tell", f"{text} ?")


def counted(sessions: int, experiments: int) -> str:
    """How many these are, such as `2 sessions and 1 experiment`; of what there is none, nothing is said."""
    parts = ((sessions, "session"), (experiments, "experiment"))
    return " and ".join(f"{many:,} {what}{'' if many == 1 else 's'}" for many, what in parts if many)
