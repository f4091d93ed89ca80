"""Whether it learns: the loss and its way down, the metric against its target, and when that will be reached."""

from __future__ import annotations

from mlperf_tui.analysis.quality import Quality as Measured
from mlperf_tui.report.numbers import count
from mlperf_tui.viewer import format as fmt
from mlperf_tui.viewer import glyphs
from mlperf_tui.viewer.panes.pane import ScrollPane
from mlperf_tui.viewer.panes.rows import Content, Look, Room, Row, row
from mlperf_tui.viewer.panes.throughput import grid_of
from mlperf_tui.viewer.snapshot import Learning, Snapshot

AXIS = 6


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
            "loss: as the program reports it, rank 0's; its axis goes from the least to the most that is in sight",
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
    return "" if value is None else count(value)


def _cells(snapshot: Snapshot, width: int, lines: int) -> tuple[list[str], float | None, float | None]:
    """The curve, and the least and the most in sight where they differ."""
    values = grid_of(snapshot, width).spread(snapshot.learning.losses)
    known = [value for value in values if value is not None]
    low, high = min(known, default=0.0), max(known, default=0.0)
    drawn = glyphs.curve(values, lines, low, high)
    return (drawn, low, high) if high > low else (drawn, None, None)


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
    """A share in percent where the target is one, as accuracies are; else as it is."""
    bound = max(abs(known) for known in (measured.target, measured.value, 0.0) if known is not None)
    if measured.direction == "up" and bound <= 1:
        return fmt.share(value, 1)
    return fmt.three_digits(value)
