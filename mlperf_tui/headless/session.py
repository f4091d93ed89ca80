"""A run without a screen: plain progress lines for a batch system's log."""

from __future__ import annotations

import time
from collections.abc import Callable

from mlperf_tui import launch
from mlperf_tui.analysis.quality import evaluations
from mlperf_tui.analysis.throughput import throughput
from mlperf_tui.headless.signals import when_signalled
from mlperf_tui.records import COMPILES, About, Alarm, HostReading, Mark, Record, Step
from mlperf_tui.report.listing import current, listed
from mlperf_tui.report.numbers import count, duration
from mlperf_tui.report.pulse import Pulse, pulse
from mlperf_tui.session.folder import Folder
from mlperf_tui.session.follow import Follower, Origin
from mlperf_tui.session.rollup import Fold
from mlperf_tui.session.status import LIVE, REVIVING, status

LINE_EVERY_S = 10.0
LOOK_EVERY_S = 0.5
SLOW_STEPS = 2.0
"""A line of which the time passes without a step says so, unless a step usually takes half as long."""


class Progress:
    """What has come since the last line, and the line that says it."""

    def __init__(self, unit: str) -> None:
        self._unit = unit
        self._fold = Fold()
        self._t0: int | None = None
        self._t = 0
        self._cores: float | None = None
        self._loss: float | None = None
        self._compiling = False
        self._compiled_t = 0
        self._before = 0

    @property
    def has_steps(self) -> bool:
        """Whether any step has ever come."""
        return self._step() is not None

    def add(self, origin: Origin, record: Record) -> str | None:
        """Take in a record; a mark or an alarm that a person wants to see at once is a line of its own."""
        self._fold.add(origin, record)
        self._t = max(self._t, getattr(record, "t", 0))
        self._t0 = self._t0 or self._t or None
        if isinstance(record, Step):
            self._leave_out(record)
        if isinstance(record, About):
            self._before = record.steps_before
        if isinstance(record, HostReading):
            self._cores = record.run_cpu_cores
        if isinstance(record, Mark) and record.key in COMPILES:
            self._compiling, self._compiled_t = record.key == COMPILES[0], record.t
        if isinstance(record, Alarm):
            return f"{self._elapsed()}  alarm: {record.text}"
        return self._mark(record) if isinstance(record, Mark) else None

    def _leave_out(self, step: Step) -> None:
        """A step in which the model was compiled is in no rate."""
        spent_ns = ((step.host_s or 0.0) + (step.data_s or 0.0)) * 1e9
        if step.t - spent_ns < self._compiled_t:
            self.catch_up()

    def catch_up(self) -> None:
        """What has come so far is history: the next line is about now."""
        self._keep_loss()
        self._fold.clear()

    def line(self, now: Pulse) -> str:
        """The stretch since the last line: elapsed, step, rate, loss, the run's cores; `now` where it had no step."""
        rate = throughput(self._fold.ranks)
        speed = rate.samples_per_s if rate.steps else now.rate
        self.catch_up()
        return "  ".join((self._elapsed(), *self._training(speed, now), f"{count(self._cores)} CPU cores"))

    def _training(self, speed: float | None, now: Pulse) -> list[str]:
        last, silent_s = self._step(), now.silent_s(LINE_EVERY_S, SLOW_STEPS)
        if last is None:
            return ["the model is being compiled" if self._compiling else "no steps reported"]
        if silent_s is not None:
            return [f"step {self._before + last + 1}", f"no step for {duration(silent_s)}"]
        return [f"step {self._before + last + 1}", f"{count(speed)} {self._unit}", f"loss {count(self._loss)}"]

    def _step(self) -> int | None:
        steps = (totals.last_n for totals in self._fold.ranks.values())
        return max((step for step in steps if step is not None), default=None)

    def _keep_loss(self) -> None:
        losses = (totals.loss for totals in self._fold.ranks.values())
        self._loss = next((loss for loss in losses if loss is not None), self._loss)

    def _mark(self, mark: Mark) -> str | None:
        for name, values in evaluations([mark]).items():
            return f"{self._elapsed()}  {name or mark.key} {count(values[0][1], 4)}"
        return None

    def _elapsed(self) -> str:
        return duration((self._t - (self._t0 or self._t)) / 1e9)


def opening(folder: Folder) -> str:
    """Which session it is and how it is, in one line, told before its records are read."""
    row = listed(folder, time.time())
    row = current(folder, row, time.monotonic_ns()) if row.status in LIVE else row
    named = f"{row.id} ({row.name})" if row.name else row.id
    detail = REVIVING if row.status == "running-unrecorded" else row.detail
    return f"{named}: {', '.join(filter(None, (row.status, row.silence, detail)))}"


def follow(folder: Folder, say: Callable[[str], None], *, stop_on_signals: bool = False) -> None:
    """Say how the session goes until it has ended; of one that has begun long ago at once how it goes now.

    With `stop_on_signals`, INT and TERM stop the run, as a batch system expects; else they only end the watching. A
    hang-up always leaves the run going.
    """
    if stop_on_signals:
        when_signalled(folder.id, lambda: launch.stop(folder), say)
    progress = Progress(folder.plan().unit)
    follower = Follower(folder)
    due = time.monotonic() + LINE_EVERY_S
    live = _read(folder, follower, progress, say)
    if live and progress.has_steps:
        progress.catch_up()
        say(progress.line(pulse(folder, time.monotonic_ns())))
    while live:
        time.sleep(LOOK_EVERY_S)
        live = _read(folder, follower, progress, say)
        if time.monotonic() >= due:
            due += LINE_EVERY_S
            say(progress.line(pulse(folder, time.monotonic_ns())))


def _read(folder: Folder, follower: Follower, progress: Progress, say: Callable[[str], None]) -> bool:
    """Say what is new; whether more is to come."""
    live = status(folder).live
    for origin, record in follower.read():
        told = progress.add(origin, record)
        if told is not None:
            say(told)
    return live
