"""Whether it learns: the loss and its way down, the metric against its target, and when that will be reached."""

from __future__ import annotations

import math
import re

from mlperf_tui.analysis.quality import Quality as Measured
from mlperf_tui.report.numbers import count
from mlperf_tui.viewer import format as fmt
from mlperf_tui.viewer import glyphs
from mlperf_tui.viewer.panes.pane import ScrollPane
from mlperf_tui.viewer.panes.rows import Content, Look, Room, Row, row
from mlperf_tui.viewer.panes.throughput import grid_of
from mlperf_tui.viewer.snapshot import Learning, Snapshot

AXIS = 7
"""Columns of a number on the loss's axis, such as 0.00123."""

DIGITS = 3
"""Significant ones on that axis."""

SHARE = re.compile(
    r"(?<![a-z])(top-?\d|acc(uracy)?\d*|bleu|m?ap\d*|bbox|segm|hr|hits?|f1|em|exact|precision|recall|auc|m?iou|dice)(?![a-z])",
    re.IGNORECASE,
)
"""Metrics that are shares of one: only they are told in percent. Any other may be of any unit, or of none."""


class Quality(ScrollPane):
    """Two lines of the metric at the bottom, the loss in those above."""

    title = "Quality"

    def content(self, snapshot: Snapshot, room: Room) -> Content:
        learning = snapshot.learning
        lines = max(1, room.height - 2)
        loss = _loss_curve(snapshot, room.width, lines) if lines > 1 else _loss_line(snapshot, room.width)
        ended = snapshot.over
        known = fmt.fit(_metric(learning, ended=ended), room.width - 2)
        target = fmt.fit(_target(learning, ended=ended), room.width - 2)
        return Content("", [], [*loss, row(f" {known}"), row(f" {target}")])

    def details(self, snapshot: Snapshot) -> list[str]:
        learning = snapshot.learning
        return [
            "loss: as the program reports it, rank 0's; each column of the curve is a mean",
            "the loss's axis: from the least to the most in sight, the last loss among them",
            *(
                f"{found.metric}: as the program marks it, best {_value(found.best, found)}"
                for found in learning.qualities
            ),
            "target in: from the slopes of the last evaluations, as a range; from the third one on",
        ]


def _loss_text(learning: Learning, width: int) -> str:
    """The loss; once it was NaN or infinite that stays said, also when it is a number again."""
    value = f"loss {count(learning.loss, 4)}"
    steps = learning.nan_steps
    bad = f"not finite in {fmt.number(steps)} step{'s' * (steps != 1)}" if steps else ""
    return fmt.fit([value, bad], width)


def _loss_line(snapshot: Snapshot, width: int) -> list[Row]:
    text = f" {_loss_text(snapshot.learning, width - 1).ljust(10)}  "
    [cells], _, _ = _cells(snapshot, max(0, width - len(text) - 1), 1)
    return [((text, Look.PLAIN), (cells, Look.SPARK))]


def _loss_curve(snapshot: Snapshot, width: int, lines: int) -> list[Row]:
    drawn, low, high = _cells(snapshot, max(0, width - AXIS - 2), lines - 1)
    marks = [_mark(high), *[""] * (lines - 3), _mark(low)][: lines - 1] if lines > 2 else [""]
    return [
        row(f" {_loss_text(snapshot.learning, width - 1)}"),
        *[
            ((f"{fmt.cell(mark, AXIS)} ", Look.PLAIN), (cells, Look.SPARK))
            for mark, cells in zip(marks, drawn, strict=True)
        ],
    ]


def _mark(value: float | None) -> str:
    """A number of the axis; none where the curve is flat or empty."""
    text = "" if value is None else count(value, DIGITS)
    return text if value is None or len(text) <= AXIS else f"{value:.1e}"


def _cells(snapshot: Snapshot, width: int, lines: int) -> tuple[list[str], float | None, float | None]:
    """The curve, and its axis' ends where they differ: means of neighbours and the last loss lie between them."""
    values = grid_of(snapshot, width).spread(snapshot.learning.losses)
    known = [value for value in (*values, snapshot.learning.loss) if value is not None and math.isfinite(value)]
    low, high = min(known, default=0.0), max(known, default=0.0)
    if high <= low:
        return glyphs.curve(values, lines, low, high), None, None
    low, high = _outward(low, high)
    return glyphs.curve(values, lines, low, high), low, high


def _outward(low: float, high: float) -> tuple[float, float]:
    """Rounded to a tenth of what lies between at most, so that the axis seldom moves, and to the digits it tells."""
    told = math.floor(math.log10(max(abs(low), abs(high)))) + 1 - DIGITS
    step = 10.0 ** max(told, math.floor(math.log10((high - low) / 10)))
    return math.floor(round(low / step, 6)) * step, math.ceil(round(high / step, 6)) * step


def _metric(learning: Learning, *, ended: bool) -> list[str]:
    if not learning.qualities:
        return ["no target, no evaluation" + ("" if ended else " yet")]
    first = learning.qualities[0]
    of = "" if first.target is None else f" of {_value(first.target, first)}"
    now = f"{first.metric} {_value(first.value, first)}{of}"
    best = f"best {_value(first.best, first)}" if first.best is not None else ""
    others = [f"{other.metric} {_value(other.value, other)}" for other in learning.qualities[1:]]
    return [now, best, *others]


def _target(learning: Learning, *, ended: bool) -> list[str]:
    """In the words of one sentence, shorter where there is no room."""
    first = learning.qualities[0] if learning.qualities else None
    if first is None or first.target is None:
        return []
    if first.reached:
        return ["target reached", f"after {fmt.duration(first.time_to_target_s)}"]
    if ended:
        return ["target not reached"]
    if learning.estimate_s is None:
        return [f"target in {fmt.DASH}", _why_not(learning)]
    soon, late = learning.estimate_s
    return [f"target in {fmt.duration(soon)} to {fmt.duration(late)}"]


def _why_not(learning: Learning) -> str:
    return "(too early to say)" if learning.evaluations < 3 else "(it isn't rising)"


def _value(value: float | None, measured: Measured) -> str:
    """In percent where the metric is a share of one, as accuracies are; else as the summary tells it."""
    return fmt.share(value, 1) if _is_share(measured) else count(value)


def _is_share(measured: Measured) -> bool:
    """By its name, in which no unit such as TFLOP/s stands; BLEU and others are counted in hundredths too."""
    bound = max(abs(known) for known in (measured.target, measured.value, 0.0) if known is not None)
    named = "/" not in measured.metric and SHARE.search(measured.metric) is not None
    return named and measured.direction == "up" and bound <= 1
