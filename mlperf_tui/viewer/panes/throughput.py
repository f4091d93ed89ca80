"""How fast it trains: the numbers of the last seconds above the curve of the last minutes."""

from __future__ import annotations

import math
import textwrap

from mlperf_tui.analysis.bottleneck import Verdict
from mlperf_tui.analysis.peak import Mfu, mfu
from mlperf_tui.analysis.throughput import Throughput as Rates
from mlperf_tui.frozen import frozen
from mlperf_tui.viewer import format as fmt
from mlperf_tui.viewer import glyphs
from mlperf_tui.viewer.history import Track
from mlperf_tui.viewer.panes.pane import ScrollPane
from mlperf_tui.viewer.panes.rows import Content, Look, Room, Row, row
from mlperf_tui.viewer.snapshot import Snapshot, Training
from mlperf_tui.viewer.training import WINDOW_S

PERIODS_S = (2, 3, 4, 5, 6, 8, 10)
AXIS = 6
ROOMY = 8
"""From so many lines on, the next step has one of them, also where it doesn't fit whole."""

WIDEST = 16
SILENT_S = 10
UNREPORTED_S = 30
UNREPORTED = ["no steps reported:", "three lines in its loop would show them (mlperf_tui/steps/README.md)"]
CURVE_LEAST = 2
"""Lines of the curve that the next step leaves to it."""


class Throughput(ScrollPane):
    """Numbers in two lines, what limits them in a third, the curve in all that are left."""

    title = "Throughput"

    def content(self, snapshot: Snapshot, room: Room) -> Content:
        ended = snapshot.over
        if not snapshot.training.whole.steps and (ended or (snapshot.elapsed_s or 0) >= UNREPORTED_S):
            told = [limited(snapshot.limited, room.width - 2), *flow(_no_steps(snapshot), room.width - 2, 2)]
            return Content("", [], [row(f" {text}") for text in told if text])
        numbers = [line for line in flow(_parts(snapshot, ended=ended), room.width - 2, 2) if line]
        if snapshot.limited is not None:
            numbers.append(limited(snapshot.limited, room.width - 2))
            numbers += _next_step(snapshot.limited.advice, Room(room.width - 2, room.height - len(numbers)))
        lines = room.height - len(numbers)
        grid = grid_of(snapshot, max(0, room.width - AXIS - 2))
        drawn = _curve(snapshot.training, grid, lines) if lines > 0 and grid.count else []
        return Content(
            _note(snapshot, grid.count * grid.period_s, room.width // 2 + 8),
            [row(f" {text}") for text in numbers],
            drawn,
        )

    def details(self, snapshot: Snapshot) -> list[str]:
        source = snapshot.training.now.source or snapshot.training.whole.source
        verdict = snapshot.limited
        return [
            f"rate: samples over step time, data wait included; numbers of now: the last {WINDOW_S} s",
            f"mean: from run_start to run_stop without evaluation, checkpoints and {_warm_up(snapshot)}",
            f"step (mean), p99: {f'by {source}' if source else f'{fmt.DASH} no step yet'}; p99 is right to 0.5 %",
            *_why_no_wait(snapshot),
            _mfu_source(_mfu(snapshot)),
            *(
                [f"limited by {verdict.value}: {', '.join(verdict.evidence)}", f"next: {verdict.advice}"]
                if verdict
                else []
            ),
        ]


def limited(verdict: Verdict | None, width: int) -> str:
    """What limits the run, and as much of why one thinks so as there is room for."""
    if verdict is None:
        return ""
    said = f"limited by: {verdict.value}"
    because = fmt.fit(verdict.evidence, width - len(said) - 3, ", ")
    return f"{said} ({because})" if because else said


def _next_step(advice: str, room: Room) -> list[str]:
    """Whole, over as many lines as the curve can spare; where that is too little, its beginning if there is room."""
    spare = room.height - CURVE_LEAST
    lines = textwrap.wrap(f"next: {advice}", max(20, room.width), subsequent_indent="  ") if advice else []
    if len(lines) <= spare:
        return lines
    return [fmt.shorten(f"next: {advice}", room.width)] if room.height >= ROOMY else []


def _no_steps(snapshot: Snapshot) -> list[str]:
    """Our own workloads report their steps; to a program that failed the lines would be no help."""
    if snapshot.plan.kind != "workload" and snapshot.status.word != "failed":
        return UNREPORTED
    return ["ended before its first step" if snapshot.over else "no step yet"]


def _warm_up(snapshot: Snapshot) -> str:
    steps = snapshot.training.whole.warmup_steps
    return f"{steps} step{'s' * (steps != 1)} of warm-up"


def _why_no_wait(snapshot: Snapshot) -> list[str]:
    if snapshot.training.whole.data_wait_share is not None or not snapshot.training.whole.steps:
        return []
    return [f"data wait: {fmt.DASH} the loop doesn't run over Steps.over()"]


@frozen
class Grid:
    """How a curve is laid out: so many values of so many seconds each, over so many columns."""

    count: int
    period_s: int
    columns: int

    def spread(self, track: Track) -> list[float | None]:
        """A value a column."""
        values = track.cells(self.count, self.period_s)
        return [values[column * self.count // self.columns] for column in range(self.columns)]


def grid_of(snapshot: Snapshot, columns: int) -> Grid:
    """All of the run so far, from edge to edge; of a long one what fits.

    While it lasts, a value's width doubles or halves only, so that the curve seldom has to be drawn anew.
    """
    elapsed = snapshot.elapsed_s or 0.0
    period = next((period for period in PERIODS_S if period * columns >= elapsed), PERIODS_S[-1])
    count = max(1, min(columns, math.ceil(elapsed / period) + 1))
    if snapshot.over:
        return Grid(count, period, columns)
    wide = 1 << (max(1, min(WIDEST, columns // count)).bit_length() - 1)
    return Grid(columns // wide, period, columns // wide * wide)


def flow(parts: list[str], width: int, lines: int) -> list[str]:
    """Parts in a number of lines, each as full as it gets; what doesn't fit at all is left out whole."""
    found = []
    left = [part for part in parts if part]
    for _ in range(lines):
        taken = 0
        while taken < len(left) and len(fmt.fit(left[: taken + 1], width)) == len(fmt.GAP.join(left[: taken + 1])):
            taken += 1
        found.append(fmt.GAP.join(left[:taken]))
        left = left[taken:]
    return found


def _parts(snapshot: Snapshot, *, ended: bool) -> list[str]:
    training, unit = snapshot.training, snapshot.plan.unit
    rates = training.whole if ended else training.now
    used, mean = _mfu(snapshot), fmt.rate(training.whole.samples_per_s, unit)
    return [
        f"mean {mean}" if ended else fmt.rate(rates.samples_per_s, unit).ljust(len(unit) + 7),
        f"step {fmt.milliseconds(rates.step_s)}".ljust(12),
        f"p99 {fmt.milliseconds(rates.p99_s)}".ljust(11),
        f"MFU {fmt.share(used.share)}".ljust(9) if used.peak else "",
        _silence(training, ended=ended),
        _left(snapshot, rates, ended=ended),
        f"data wait {fmt.share(rates.data_wait_share)}".ljust(14),
        _energy(training, rates, unit, ended=ended),
        f"{fmt.gib(training.memory_bytes)} GiB allocated" if training.memory_bytes else "",
        "" if ended else f"mean {mean}",
    ]


def _mfu(snapshot: Snapshot) -> Mfu:
    """Of the GPUs in use: now, and of the whole run once it is over."""
    rates = snapshot.training.whole if snapshot.over else snapshot.training.now
    cards = [gpu.name for gpu in snapshot.gpus if gpu.used]
    return mfu(rates.samples_per_s, snapshot.flop_per_sample, snapshot.precision, cards)


def _mfu_source(used: Mfu) -> str:
    if used.share is None or used.peak is None:
        return f"MFU: {fmt.DASH} {used.why}"
    return f"MFU: {fmt.share(used.share)} of {fmt.three_digits(used.peak.tflops)} TFLOP/s ({used.peak.source})"


def _left(snapshot: Snapshot, rates: Rates, *, ended: bool) -> str:
    """How long the steps that were asked for still take, at the pace of now."""
    whole, asked = snapshot.training.whole, snapshot.plan.steps
    if ended or not asked or rates.step_s is None:
        return ""
    taken = snapshot.steps_before + whole.steps + whole.warmup_steps
    return f"{fmt.duration(max(0, asked - taken) * rates.step_s)} left"


def _silence(training: Training, *, ended: bool) -> str:
    if ended or training.now.steps or training.silent_s is None or training.silent_s < SILENT_S:
        return ""
    return f"no step for {fmt.duration(training.silent_s)}"


def _energy(training: Training, rates: Rates, unit: str, *, ended: bool) -> str:
    """Joules a sample, of the GPUs in use, by the power of now."""
    if ended or training.spent_w is None:
        return ""
    joules = training.spent_w / rates.samples_per_s if rates.samples_per_s else None
    return fmt.with_unit(fmt.three_digits(joules), f"J/{fmt.per_one(unit)}").ljust(8)


def _note(snapshot: Snapshot, seconds: int, width: int) -> str:
    shown = min(seconds, math.ceil(snapshot.elapsed_s or 0))
    span = "whole run" if shown < seconds else f"last {seconds // 60} min" if seconds >= 120 else f"last {seconds} s"
    source = snapshot.training.whole.source
    window = "numbers: whole run" if snapshot.over else f"numbers: last {WINDOW_S} s"
    return fmt.fit([f"curve: {span}", window, f"steps by {source}" if source else ""], width, " · ")


def _curve(training: Training, grid: Grid, lines: int) -> list[Row]:
    values = grid.spread(training.curve)
    top = _round_up(max((value for value in values if value is not None), default=0.0))
    drawn = glyphs.curve(values, lines, 0.0, top)
    marks = [fmt.axis(top if top else None), *[""] * (lines - 2), "0"][:lines]
    return [
        ((f"{fmt.cell(mark, AXIS)} ", Look.PLAIN), (cells, Look.SPARK))
        for mark, cells in zip(marks, drawn, strict=True)
    ]


def _round_up(value: float) -> float:
    """The next number with a round first digit or two: the axis seldom moves."""
    if value <= 0:
        return 0.0
    size = 10.0 ** math.floor(math.log10(value))
    return float(
        next(step for step in (1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10, 12) if step * size >= value * 0.9999) * size
    )
