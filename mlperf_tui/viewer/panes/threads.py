"""The run's busiest threads: how busy, who, and where in the program each is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from mlperf_tui.viewer import format as fmt
from mlperf_tui.viewer.panes.footer import watching
from mlperf_tui.viewer.panes.origins import age, origins
from mlperf_tui.viewer.panes.pane import SortPane, empty
from mlperf_tui.viewer.panes.rows import Content, Look, Room, Row, row
from mlperf_tui.viewer.snapshot import HostNow, Snapshot, ThreadNow, ThreadsNow

CPU_COLUMNS = 7
NAME_LEAST, NAME_MOST = 14, 30
STATES = {"R": "running", "S": "waiting", "D": "waiting for a device", "T": "stopped", "t": "traced", "Z": "gone"}
ORDERS: dict[str, Callable[[ThreadNow], Any]] = {
    "CPU": lambda thread: -(thread.cpu_pct or 0.0),
    "name": lambda thread: (thread.rank is None, thread.rank or 0, thread.name, thread.tid),
}


class Threads(SortPane):
    """A line a thread, the busiest first."""

    title = "CPU threads"
    sorts: ClassVar[tuple[str, ...]] = tuple(ORDERS)

    def content(self, snapshot: Snapshot, room: Room) -> Content:
        told = snapshot.threads
        if not told.threads:
            known = "thread" in snapshot.known.ages_s
            return Content(_more(told, snapshot.host), [], empty("no thread is busy" if known else "not read"))
        threads = sorted(told.threads, key=ORDERS[self.order])
        wide = min(NAME_MOST, max(NAME_LEAST, *(len(thread.name) for thread in threads)))
        since = "before the end" if snapshot.over else "ago"
        lines = [line for one in threads for line in self._lines(one, wide, room.width, since)]
        return Content(_more(told, snapshot.host), [], lines)

    def details(self, snapshot: Snapshot) -> list[str]:
        return [
            f"CPU: {age(snapshot.known, 'thread')}; 100 % is one core; loaders are numbered by their start",
            *origins(snapshot.known, [("CPU", "thread.cpu_cores"), ("frame", "thread.frame")]),
            f"frame: {age(snapshot.known, 'frame')}; processes are asked in turn: one that waited long has its age",
            *filter(None, [watching(snapshot.cost, whole=True)]),
        ]

    def _lines(self, thread: ThreadNow, wide: int, width: int, since: str) -> list[Row]:
        first = _row(thread, wide, width, since)
        if not self.enlarged or not thread.spent:
            return [first]
        spent = [f"{fmt.share(part)} {function}" for function, part in thread.spent]
        indent = " " * (CPU_COLUMNS + 1)
        return [first, row(f"{indent}{fmt.fit(['last minute:', *spent], width - CPU_COLUMNS - 2)}", Look.DIM)]


def _row(thread: ThreadNow, wide: int, width: int, since: str) -> Row:
    name = fmt.shorten(thread.name, wide).ljust(wide)
    left = width - CPU_COLUMNS - wide - 3
    text = f"{fmt.cell(fmt.percent(thread.cpu_pct), CPU_COLUMNS)}  {name}"
    if left < 12:
        return row(fmt.cut(text, width))
    where = fmt.cut(_where(thread, since), left)
    return row(f"{text}  {where}") if thread.stale_s is None else ((f"{text}  ", Look.PLAIN), (where, Look.DIM))


def _where(thread: ThreadNow, since: str) -> str:
    """The frame, behind its age where the CPU share beside it is newer; the kernel's state where there is none."""
    if thread.frame is None:
        return STATES.get(thread.state, thread.state)
    return thread.frame if thread.stale_s is None else f"{fmt.number(thread.stale_s)} s {since}: {thread.frame}"


def _more(told: ThreadsNow, host: HostNow) -> str:
    """The run's cores, and what its other threads take together."""
    known = host.run_cpu_cores is not None
    run = f"run {fmt.number(host.run_cpu_cores, 1)} of {fmt.number(host.cpus)} cores" if known else ""
    more = f"{fmt.number(told.more_threads)} more: {fmt.percent(told.more_cpu_pct)}" if told.more_threads else ""
    return fmt.fit([run, more, f"no frames: {told.no_frames}" if told.no_frames else ""], 200, " · ")
