"""What happened, with local times: the benchmark's marks and the alarms, the newest last."""

from __future__ import annotations

from mlperf_tui.viewer import format as fmt
from mlperf_tui.viewer.panes.pane import ScrollPane, empty
from mlperf_tui.viewer.panes.rows import Content, Look, Room, Row, row
from mlperf_tui.viewer.snapshot import Event, Snapshot


class Events(ScrollPane):
    """Follows the end."""

    title = "Events"
    from_end = True

    def content(self, snapshot: Snapshot, room: Room) -> Content:
        rows = event_rows(snapshot.events, room.width, len(snapshot.events))
        return Content("", [], rows or empty("no marks yet"))


def event_rows(events: tuple[Event, ...], width: int, most: int) -> list[Row]:
    """The last `most` events, a line each."""
    return [_row(event, width) for event in events[-most:]] if most > 0 else []


def _row(event: Event, width: int) -> Row:
    text = fmt.shorten(f"{fmt.local_time(event.wall_ns)} {event.text}", width - 1)
    return row(f" {text}", Look.BOLD if event.alarm else Look.PLAIN)
