"""The last line: the keys that matter most, as many as fit whole."""

from __future__ import annotations

from mlperf_tui.viewer import format as fmt
from mlperf_tui.viewer.panes.pane import Pane
from mlperf_tui.viewer.panes.rows import Content, Look, Room, row
from mlperf_tui.viewer.snapshot import Snapshot


class Footer(Pane):
    """One line, without a title of its own; made from the bindings, so that it can't promise what isn't there."""

    def content(self, snapshot: Snapshot, room: Room) -> Content:
        return Content(body=[row(f" {fmt.fit(self._keys(snapshot), room.width - 2, '   ')}", Look.DIM)])

    def _keys(self, snapshot: Snapshot) -> list[str]:
        shown = [active for active in self.screen.active_bindings.values() if active.binding.show and active.enabled]
        return [_said(self.app.get_key_display(found.binding), found.binding.description, snapshot) for found in shown]


def _said(key: str, description: str, snapshot: Snapshot) -> str:
    goes_on = ", it runs on" if description == "leave" and snapshot.status.live else ""
    return f"{key} {description}{goes_on}"
