"""What was run and what happened: a line a process, and a line for each thing that the runner did."""

from __future__ import annotations

from mlperf_tui.analysis.ab.evidence import Process
from mlperf_tui.report.numbers import count
from mlperf_tui.session.status import ENDED
from mlperf_tui.viewer import format as fmt
from mlperf_tui.viewer.ab.pane import AbPane
from mlperf_tui.viewer.ab.picture import Picture
from mlperf_tui.viewer.panes.events import event_rows
from mlperf_tui.viewer.panes.header import SYMBOLS
from mlperf_tui.viewer.panes.pane import empty
from mlperf_tui.viewer.panes.rows import Content, Look, Room, Row, row


class Runs(AbPane):
    """Follows the end: the newest process is the one that runs."""

    title = "Runs"
    from_end = True

    def made(self, picture: Picture, room: Room) -> Content:
        processes = picture.held.ab.processes if picture.held else ()
        letters = {arm.label: arm.letter for arm in picture.held.arms} if picture.held else {}
        rows = [_run(one, letters.get(one.arm, "?"), picture.unit, room.width - 2) for one in processes]
        counted = sum(one.usable for one in processes)
        return Content(f"{counted} of {len(processes)} count", [], rows or empty("none has been started yet"))

    def told(self, picture: Picture) -> list[str]:  # noqa: ARG002
        return [
            "each is a session of its own: `mlperf-tui watch` and `summary` take its id",
            "stopped is the usual end of a run that takes turns: it is told to once it has been measured",
        ]


def _run(one: Process, letter: str, unit: str, width: int) -> Row:
    state = SYMBOLS.get(one.status, one.status)
    windows = f"{len(one.windows)} window{'' if len(one.windows) == 1 else 's'}"
    parts = [
        f"pair {one.pair} {letter}",
        f"{state:<10}",
        fmt.with_unit(count(one.per_s, 4), unit),
        "counts nowhere" if one.status in ENDED and not one.usable else windows,
        one.session,
        fmt.shorten(one.arm, 30),
        "" if one.seed is None else f"seed {one.seed}",
    ]
    look = Look.DIM if one.status in ENDED and not one.usable else Look.PLAIN
    return row(f" {fmt.fit(parts, width)}", look)


class Stages(AbPane):
    """Follows the end, as the events of a run do."""

    title = "Events"
    from_end = True

    def made(self, picture: Picture, room: Room) -> Content:
        rows = event_rows(picture.events, room.width, len(picture.events))
        return Content("", [], rows or empty("the runner has said nothing yet"))

    def told(self, picture: Picture) -> list[str]:
        return [f"what the runner on {picture.plan.host} noted, in local time"]
