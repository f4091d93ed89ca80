"""What the program printed, its last lines; on a narrow screen with the last events above them."""

from __future__ import annotations

from mlperf_tui.viewer import format as fmt
from mlperf_tui.viewer.panes.events import event_rows
from mlperf_tui.viewer.panes.pane import ScrollPane, empty
from mlperf_tui.viewer.panes.rows import Content, Room, row
from mlperf_tui.viewer.snapshot import Snapshot

MLLOG = ":::MLLOG"
"""Such a line is told as an event, in words."""


class Output(ScrollPane):
    """Follows the end. Scrolled up it stands still, until it is scrolled down again."""

    title = "Output"
    from_end = True

    def __init__(self, *, ascii_only: bool = False) -> None:
        super().__init__(ascii_only=ascii_only)
        self.events_above = False
        self._held: tuple[str, ...] | None = None

    def content(self, snapshot: Snapshot, room: Room) -> Content:
        self._held = (self._held or snapshot.output) if self.offset_rows else None
        lines = [line for line in self._held or snapshot.output if MLLOG not in line]
        body = [row(fmt.cut(f" {line}", room.width)) for line in lines]
        head = event_rows(snapshot.events, room.width, max(1, room.height // 3)) if self.events_above else []
        if head:
            head = [*head, row(" – printed –")]
        return Content("", head, body or empty("nothing printed yet"))
