"""The line that is there only when something is to be said: an alarm, a failure, a recorder that is gone."""

from __future__ import annotations

from mlperf_tui.viewer import format as fmt
from mlperf_tui.viewer.panes.pane import Pane
from mlperf_tui.viewer.panes.rows import Content, Look, Room, row
from mlperf_tui.viewer.snapshot import Snapshot

QUIET = ("starting", "running", "stopping", "finished", "stopped")
"""States whose word says it all."""


class Notice(Pane):
    """One line, without a title of its own."""

    def content(self, snapshot: Snapshot, room: Room) -> Content:
        text = " · ".join(sentences(snapshot))
        return Content(
            body=[row(f" {fmt.shorten(text, room.width - 2)} ".ljust(room.width), Look.ALARM)] if text else []
        )


def sentences(snapshot: Snapshot) -> list[str]:
    """Everything that is to be said, the most urgent first."""
    detail = snapshot.status.detail if snapshot.status.word not in QUIET else ""
    return [text for text in (_alarms(snapshot), detail) if text]


def _alarms(snapshot: Snapshot) -> str:
    if not snapshot.alarms:
        return ""
    newest = snapshot.alarms[-1]
    more = f", and {len(snapshot.alarms) - 1} before" if len(snapshot.alarms) > 1 else ""
    return f"! {fmt.local_time(newest.wall_ns)} {newest.text}{more} (a: seen)"
