"""The last line: the keys that matter most, as many as fit whole, and what watching costs."""

from __future__ import annotations

from collections.abc import Mapping, Set

from mlperf_tui.report.numbers import how_many
from mlperf_tui.viewer import format as fmt
from mlperf_tui.viewer.layout import WIDE
from mlperf_tui.viewer.panes.pane import Pane
from mlperf_tui.viewer.panes.rows import Content, Look, Room, row
from mlperf_tui.viewer.snapshot import Cost, Snapshot

COST_FROM, COST_COLUMNS = 60, 21
WHOLE_FROM, WHOLE_COLUMNS = 150, 74
"""Narrower screens have room for keys only. A cost of another width must not make keys come and go."""

GAP = "   "
HELP = "help"
FIRST = ("leave", "stop", "freeze", "look back", "enlarge", HELP)
"""Where not all fit; the others follow as they come."""


class Footer(Pane):
    """One line, without a title of its own; made from the bindings, so that it can't promise what isn't there."""

    def content(self, snapshot: Snapshot, room: Room) -> Content:
        keys = self._keys(snapshot, wide=room.width >= WIDE)
        whole = room.width >= WHOLE_FROM
        said = watching(snapshot.cost, whole=whole) if room.width >= COST_FROM else ""
        cost = said and said.ljust(WHOLE_COLUMNS if whole else COST_COLUMNS)
        left = fitting(keys, room.width - 2 - (len(cost) + 3 if cost else 0))
        return Content(body=[row(f" {fmt.ends(left, cost, room.width - 2)}", Look.DIM)])

    def _keys(self, snapshot: Snapshot, *, wide: bool) -> dict[str, str]:
        """By what each does, the most important ones first."""
        found = [active for active in self.screen.active_bindings.values() if active.binding.show and active.enabled]
        shown = sorted(found, key=lambda active: _rank(active.binding.description))
        return {
            what: _said(self.app.get_key_display(one.binding), what, snapshot, wide=wide)
            for one in shown
            for what in [one.binding.description]
        }


def fitting(keys: Mapping[str, str], width: int) -> str:
    """As many keys as fit whole, in their order. Help has its place before all others: it leads to them."""
    taken = {HELP} & keys.keys()
    for what in keys:
        if len(_line(keys, taken | {what})) <= width:
            taken |= {what}
    return fmt.shorten(_line(keys, taken), width)


def _line(keys: Mapping[str, str], taken: Set[str]) -> str:
    return GAP.join(said for what, said in keys.items() if what in taken)


def _rank(description: str) -> int:
    return FIRST.index(description) if description in FIRST else len(FIRST)


def watching(cost: Cost, *, whole: bool = False) -> str:
    """Recorder and viewer together, in percent of one core; the `whole` of it with each part and the bytes sent."""
    known = [
        (name, value)
        for name, value in (("recorder", cost.recorder_pct), ("viewer", cost.viewer_pct))
        if value is not None
    ]
    if not known:
        return ""
    said = [f"watching costs {sum(value for _, value in known):.1f} %"]
    if whole:
        said[0] += f" ({', '.join(f'{name} {value:.1f}' for name, value in known)})"
        said += [] if cost.bytes_per_s is None else [f"{cost.bytes_per_s:,.0f} B/s"]
    if cost.late_ticks or (whole and cost.late_ticks is not None):
        said.append(how_many(cost.late_ticks, "late tick"))
    return ", ".join(said)


def _said(key: str, description: str, snapshot: Snapshot, *, wide: bool) -> str:
    goes_on = ", it runs on" if wide and description == "leave" and snapshot.status.live else ""
    play = {0: "play"}.get(round(snapshot.look.speed), "freeze") if snapshot.look else "freeze"
    return f"{key} {play if description == 'freeze' else description}{goes_on}"
