"""The second line: the session's id and what the run takes of its host; when it was, once it has ended or looked back.

Looking back, it is the line of time with the cursor on it.
"""

from __future__ import annotations

from mlperf_tui.session.status import ENDED
from mlperf_tui.viewer import format as fmt
from mlperf_tui.viewer.panes.pane import Pane
from mlperf_tui.viewer.panes.rows import Content, Look, Room, row
from mlperf_tui.viewer.snapshot import HostNow, Snapshot
from mlperf_tui.viewer.snapshot import Look as Cursor

SHORT_ID = 17
"""Of s-20261124-091204-resnet50-k3f9 the part up to the time: a prefix is enough for every command."""


class Host(Pane):
    """One line, without a title of its own. It stays as it is as far as it can: widths are kept."""

    def content(self, snapshot: Snapshot, room: Room) -> Content:
        if snapshot.look is not None:
            text = timeline(snapshot, snapshot.look, room.width - 2)
            return Content(body=[row(f" {text} ".ljust(room.width), Look.ALARM)])
        host = snapshot.host
        now = [_run(host), _memory(host), _processes(host), _host(host)]
        known = fmt.fit(_past(snapshot) if snapshot.status.word in ENDED else now, room.width - 2, " · ")
        for name in (snapshot.plan.id, snapshot.plan.id[:SHORT_ID]):
            if len(known) + len(name) + 4 <= room.width:
                return Content(body=[row(f" {fmt.ends(known, name, room.width - 2)}", Look.PLAIN)])
        return Content(body=[row(f" {known}")])


def timeline(snapshot: Snapshot, at: Cursor, width: int) -> str:
    """Where the cursor stands between the session's first moment and its last, and how it moves."""
    state = f"▸ plays {at.speed:g}×" if at.speed else "■ stands still"
    when = f"{fmt.local_time(snapshot.wall_ns)} {state}"
    behind = f"{fmt.duration((at.end - at.t) / 1e9)} before {'now' if snapshot.status.live else 'the end'}"
    keys = "space plays, ←→ move, end: back" if not at.speed else "space stops, + - speed, end: back"
    said = fmt.fit([when, behind, keys], width)
    left = width - len(said) - 2
    return f"{said}  {_line(at, left)}" if left >= 10 else said


def _line(at: Cursor, width: int) -> str:
    """All of the session, with a mark where the cursor is."""
    share = (at.t - at.began) / max(1, at.end - at.began)
    place = round(max(0.0, min(1.0, share)) * (width - 1))
    return "─" * place + "●" + "─" * (width - 1 - place)


def _past(snapshot: Snapshot) -> list[str]:
    """When and where an ended run was: its processes are gone."""
    end, elapsed = snapshot.wall_ns, snapshot.elapsed_s
    began = snapshot.plan.utc if end is None or elapsed is None else fmt.local_date(end - round(elapsed * 1e9))
    return [f"began {began}", f"ended {fmt.local_time(end)}", f"on {snapshot.plan.host}"]


def _run(host: HostNow) -> str:
    return f"run {fmt.number(host.run_cpu_cores, 1)} of {fmt.number(host.cpus)} cores"


def _memory(host: HostNow) -> str:
    total = fmt.number(None if host.memory_total_bytes is None else host.memory_total_bytes / 2**30)
    return f"memory {fmt.gib(host.run_memory_bytes)} of {fmt.with_unit(total, 'GiB')}"


def _processes(host: HostNow) -> str:
    return f"{fmt.number(host.run_processes)} process{'es' * (host.run_processes != 1)}"


def _host(host: HostNow) -> str:
    return f"host {fmt.number(host.cpu_cores, 1)} cores, {fmt.with_unit(fmt.gib(host.memory_used_bytes), 'GiB')}"
