"""From evidence and the runner's records to what the screen shows. Pure: no file, no clock, no widget."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from statistics import fmean

from mlperf_tui.analysis.ab.changes import changes
from mlperf_tui.analysis.ab.evidence import Process, Window
from mlperf_tui.analysis.ab.result import Ab, Change
from mlperf_tui.records import Alarm, Clock, End, Experiment, Record, Stage
from mlperf_tui.session.output import clean
from mlperf_tui.session.status import Status
from mlperf_tui.viewer.ab.picture import Arm, Held, Picture
from mlperf_tui.viewer.snapshot import Event

Logs = Sequence[Sequence[Record]]
"""What each runner wrote, oldest first: an experiment that was continued had several."""

BINS = 240
"""Values of a loss curve: no screen has many more columns for it."""

EVENTS = 500
ALARM = "alarm: "
SECOND_NS = 1e9


def letter(arm: int) -> str:
    """A, B, C and so on."""
    return chr(ord("A") + arm)


def picture(plan: Experiment, status: Status, logs: Logs, held: Held | None, now: int | None) -> Picture:
    """The moment `now`, in monotonic ns; None where this clock isn't the runner's."""
    events = tuple(_events(logs))[-EVENTS:]
    return Picture(
        plan=plan,
        status=status,
        elapsed_s=_elapsed_s(logs, now if status.live else None),
        stage=next((record for log in reversed(logs) for record in reversed(log) if isinstance(record, Stage)), None),
        events=events,
        alarms=tuple(replace(one, text=one.text.removeprefix(ALARM)) for one in events if one.alarm),
        held=held,
        continued=len(logs) > 1,
    )


def held(plan: Experiment, ab: Ab) -> Held:
    """What the evidence says, arm by arm."""
    by_arm = [[process for process in ab.processes if process.arm == arm] for arm in plan.arms]
    until = max((_reached(processes) for processes in by_arm), default=0.0)
    so_far = not ab.pairs or bool(ab.refused)
    return Held(
        ab=ab,
        arms=tuple(_arm(index, ab, label, by_arm[index], until) for index, label in enumerate(plan.arms)),
        changes=tuple(_changes(ab, by_arm, arm, so_far=so_far) for arm in range(1, len(plan.arms))),
        so_far=so_far,
        until=until,
    )


def mean_curve(processes: Sequence[Process], until: float, bins: int) -> tuple[float | None, ...]:
    """The mean loss in equal steps of samples up to `until`, as far as all processes that count have come.

    Each value is the mean over the steps about it too, 5 % of all: one batch's loss is mostly noise. NaN and infinity
    are no points of a curve.
    """
    if until <= 0:
        return ()
    end = _reached(processes)
    curves = [_binned(process, until, bins) for process in _drawn(processes)]
    told = [_mean(cells) for cells in zip(*curves, strict=True)]
    come = [value for at, value in enumerate(told) if at * until / bins < end]
    return (*_smoothed(come, bins // 40), *[None] * (bins - len(come)))


def _smoothed(values: Sequence[float | None], beside: int) -> list[float | None]:
    return [_mean(values[max(0, at - beside) : at + beside + 1]) for at in range(len(values))]


def _arm(index: int, ab: Ab, label: str, processes: Sequence[Process], until: float) -> Arm:
    counted = [process for process in processes if process.usable]
    mean, spread = _speed(ab, label, counted)
    newest = processes[-1] if processes else None
    return Arm(
        letter=letter(index),
        label=label,
        counted=len(counted),
        per_s=mean,
        spread=spread,
        last=_last_window(processes),
        source=newest.source if newest else None,
        losses=mean_curve(processes, until, BINS),
    )


def _speed(ab: Ab, label: str, counted: Sequence[Process]) -> tuple[float | None, float | None]:
    """As the verdict has them; where nothing is compared, the plain mean."""
    for one in ab.comparisons:
        if one.a == label and one.speed.mean_a is not None:
            return one.speed.mean_a, one.speed.spread_a
        if one.b == label and one.speed.mean_b is not None:
            return one.speed.mean_b, one.speed.spread_b
    return _mean([process.per_s for process in counted]), None


def _changes(ab: Ab, by_arm: Sequence[Sequence[Process]], arm: int, *, so_far: bool) -> tuple[Change, ...]:
    if not so_far:
        return ab.comparisons[arm - 1].changes
    return changes(_measured(by_arm[0]), _measured(by_arm[arm]))


def _measured(processes: Sequence[Process]) -> list[Process]:
    """Those with a window; a process whose first one isn't over has told nothing yet."""
    return [process for process in processes if process.windows]


def _last_window(processes: Sequence[Process]) -> Window | None:
    windows = (window for process in processes for window in process.windows)
    return max(windows, key=lambda window: window.at_s, default=None)


def _drawn(processes: Sequence[Process]) -> list[Process]:
    """Those that count and told losses; before there is one, whatever has."""
    told = [process for process in processes if process.losses]
    return [process for process in told if process.usable] or told


def _reached(processes: Sequence[Process]) -> float:
    """The samples that all drawn processes have come to."""
    return min((process.losses[-1][0] for process in _drawn(processes)), default=0.0)


def _binned(process: Process, until: float, bins: int) -> list[float | None]:
    cells: list[list[float]] = [[] for _ in range(bins)]
    for samples, loss in process.losses:
        at = math.ceil(samples / until * bins) - 1
        if 0 <= at < bins and math.isfinite(loss):
            cells[at].append(loss)
    return [_mean(cell) for cell in cells]


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return fmean(known) if known else None


def _elapsed_s(logs: Logs, now: int | None) -> float | None:
    """Seconds in which a runner ran; between two of them the clock may have begun anew."""
    spans = [times for log in logs if (times := [t for record in log if (t := _t(record)) is not None])]
    if not spans:
        return None
    if now is not None:
        spans[-1].append(max(now, spans[-1][-1]))
    return sum(times[-1] - times[0] for times in spans) / SECOND_NS


def _t(record: Record) -> int | None:
    return record.t if isinstance(record, Clock | Stage | Alarm | End) else None


def _events(logs: Logs) -> Iterator[Event]:
    for log in logs:
        offset: int | None = None
        for record in log:
            if isinstance(record, Clock):
                offset = record.wall_ns - record.t
            elif (text := _text(record)) is not None and (t := _t(record)) is not None:
                yield Event(t, None if offset is None else t + offset, clean(text), isinstance(record, Alarm))


def _text(record: Record) -> str | None:
    match record:
        case Stage():
            return record.text if record.pair is None else f"pair {record.pair}: {record.text}"
        case Alarm():
            return f"{ALARM}{record.text}"
        case End():
            return f"{record.status}: {record.why}"
    return None
