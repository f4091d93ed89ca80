"""The arms side by side: a column each, throughput first, then what changed beside it, B less A with its interval."""

from __future__ import annotations

from collections.abc import Iterator

from mlperf_tui.analysis.ab.changes import METRICS
from mlperf_tui.analysis.ab.result import Change
from mlperf_tui.frozen import frozen
from mlperf_tui.report.ab.as_json import GPU_REASON, REASONS
from mlperf_tui.report.ab.numbers import ratio, share, signed, value
from mlperf_tui.report.numbers import count
from mlperf_tui.viewer import format as fmt
from mlperf_tui.viewer.ab.pane import AbPane
from mlperf_tui.viewer.ab.picture import Arm, Held, Picture
from mlperf_tui.viewer.ab.ratio import interval
from mlperf_tui.viewer.panes.pane import empty
from mlperf_tui.viewer.panes.rows import Content, Look, Room, Row, row

LABEL = 15
COLUMN, COLUMN_LEAST = 20, 17
APART, INTERVAL = 15, 27
FIRST = ("tensor_pct", "memory_allocated_peak_bytes", "power_w", "data_wait_share")
"""What stands next to throughput where there is no room for all."""


@frozen
class Grid:
    """How many arms have a column, how wide these are, and whether the difference and its interval fit too."""

    arms: int
    column: int
    apart: bool
    interval: bool


def grid(width: int, arms: int, *, compares: bool) -> Grid:
    """The columns that fit whole. With two arms the second's difference from the first stands beside them."""
    room = width - 2 - LABEL
    fitting = max(0, min(arms, room // COLUMN_LEAST))
    left = room - fitting * COLUMN_LEAST
    apart = arms == 2 and compares and left >= APART
    interval = apart and left - APART >= INTERVAL
    spare = left - APART * apart - INTERVAL * interval
    return Grid(fitting, min(COLUMN, COLUMN_LEAST + max(0, spare) // max(1, fitting)), apart, interval)


class Arms(AbPane):
    """A row a number. Its heading stays when the rows scroll."""

    title = "Arms"

    def made(self, picture: Picture, room: Room) -> Content:
        held = picture.held
        if held is None:
            return Content("", [], empty("no process has been measured yet"))
        columns = grid(room.width, len(held.arms), compares=not held.ab.refused)
        body = [_line(cells, columns) for cells in table(held)]
        return Content(_note(picture, held, columns), [_heading(picture, held, columns)], body)

    def told(self, picture: Picture) -> list[str]:
        held = picture.held
        sources = sorted({arm.source for arm in held.arms if arm.source}) if held else []
        return [
            f"throughput: {picture.unit}, mean over processes, each over its windows alone; ± is their scatter",
            f"timed by: {' and '.join(sources) or f'{fmt.DASH} no window is over yet'}",
            "throughput: – until a process has been measured to its end",
            "last window: of the newest process, also of one that isn't over and counts nowhere yet",
            "all else: means over the windows, never over waiting; memory is torch's own peak: NVML sees its cache",
            "B less A: with a plain 95 % interval each; ? where that holds zero, – where an arm has one process only",
            *(_why_unknown(held) if held else ()),
            *(_others(held) if held else ()),
        ]


def _note(picture: Picture, held: Held, columns: Grid) -> str:
    parts = [picture.unit, "of the processes so far" if held.so_far else "means of the whole pairs"]
    if columns.arms < len(held.arms):
        parts.insert(0, f"{columns.arms} of {len(held.arms)} arms")
    return " · ".join(parts)


def _heading(picture: Picture, held: Held, columns: Grid) -> Row:
    cells = ["", *(_name(picture, arm) for arm in held.arms), "B less A", "95 % interval"]
    return tuple((text, Look.BOLD) for text, _ in _line(cells, columns))


def _name(picture: Picture, arm: Arm) -> str:
    """Marked while this arm is the one that something is done with."""
    now = picture.status.live and picture.stage is not None and picture.stage.arm == arm.label
    return f"{'▸ ' if now else ''}{arm.letter} {arm.label}"


def _line(cells: list[str], columns: Grid) -> Row:
    """A label, the values to the right of their columns; a number that doesn't fit is left out whole."""
    label, *values = cells
    arms, (apart, interval) = values[:-2], values[-2:]
    text = f" {fmt.shorten(label, LABEL).ljust(LABEL)}"
    text += "".join(_cell(one, columns.column) for one in arms[: columns.arms])
    text += _cell(apart, APART) if columns.apart else ""
    text += _cell(interval, INTERVAL) if columns.interval else ""
    return row(text)


def _cell(text: str, width: int) -> str:
    """Names are shortened by words, numbers are not."""
    named = text[:1].isalpha() or text.startswith("▸")
    return fmt.cell(fmt.shorten(text, width - 1) if named else text, width)


def table(held: Held) -> Iterator[list[str]]:
    """Each row's label, the value of each arm, and B less A with its interval where there are two arms."""
    yield ["throughput", *(_throughput(arm) for arm in held.arms), *_ratio(held)]
    yield ["last window", *(_last(arm) for arm in held.arms), "", ""]
    for name in [*FIRST, *(name for name in METRICS if name not in FIRST)]:
        if cells := _metric(name, held):
            yield cells
    yield ["processes", *(f"{arm.counted}" for arm in held.arms), "", ""]


def _throughput(arm: Arm) -> str:
    spread = "" if arm.spread is None else f" ±{share(arm.spread)}"
    return f"{count(arm.per_s, 4)}{spread}"


def _last(arm: Arm) -> str:
    return count(None if arm.last is None else arm.last.per_s, 4)


def _ratio(held: Held) -> tuple[str, str]:
    looks = held.ab.comparisons[0].speed.looks if held.ab.comparisons else ()
    if not looks or len(held.arms) != 2:
        return "", ""
    last = looks[-1]
    return f"×{ratio(last.ratio)}", interval(last)


def _metric(name: str, held: Held) -> list[str]:
    """Nothing where no arm knows it."""
    found = [next((one for one in changed if one.name == name), None) for changed in held.changes]
    known = [one for one in found if one is not None]
    if not known:
        return []
    first = value(known[0], known[0].a)
    others = [fmt.DASH if one is None else value(one, one.b) for one in found]
    return [known[0].label, first, *others, *(_difference(known[0]) if len(held.arms) == 2 else ("", ""))]


def _difference(change: Change) -> tuple[str, str]:
    """The interval is told only with its difference: a dash alone would ask for a reason twice."""
    if change.low is None or change.high is None:
        return signed(change, change.difference), fmt.DASH
    mark = "" if change.clear else " ?"
    return signed(change, change.difference) + mark, f"{signed(change, change.low)} to {signed(change, change.high)}"


def _why_unknown(held: Held) -> Iterator[str]:
    known = {one.name for changed in held.changes for one in changed if None not in (one.a, one.b)}
    for name, metric in METRICS.items():
        if name not in known:
            yield f"{metric.label}: {fmt.DASH} {REASONS.get(name, GPU_REASON)}"


def _others(held: Held) -> Iterator[str]:
    """With more than two arms the differences have no columns."""
    if len(held.arms) <= 2:
        return
    for arm, changed in zip(held.arms[1:], held.changes, strict=True):
        told = [f"{one.label} {signed(one, one.difference)}" for one in changed if one.clear]
        yield f"{arm.letter} less A, {arm.label}: throughput {_throughput(arm)}; {', '.join(told) or 'nothing clear'}"
