"""A dump: every thread's whole stack, innermost frame first, by rank."""

from __future__ import annotations

from mlperf_tui.viewer import format as fmt
from mlperf_tui.viewer.panes.pane import ScrollPane, empty
from mlperf_tui.viewer.panes.rows import Content, Look, Room, Row, row
from mlperf_tui.viewer.snapshot import Dump, Snapshot, Stack


class Stacks(ScrollPane):
    """The newest dump; `asked_t` is when one was asked for, so that an older one isn't taken for the answer."""

    title = "Stacks"

    def __init__(self, *, ascii_only: bool = False) -> None:
        super().__init__(ascii_only=ascii_only)
        self.asked_t = 0

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """It has the screen already."""
        return False if action == "enlarge" else super().check_action(action, parameters)

    def content(self, snapshot: Snapshot, room: Room) -> Content:
        dump = snapshot.dump
        if dump is None or dump.t < self.asked_t:
            return Content(body=empty(self._why_none(snapshot)))
        threads = f"{len(dump.stacks)} thread{'s' * (len(dump.stacks) != 1)}"
        return Content(f"dumped {fmt.local_time(dump.wall_ns)} · {threads}", [], _rows(dump, room.width))

    def _why_none(self, snapshot: Snapshot) -> str:
        why = snapshot.known.reason("stack")
        if not self.asked_t:
            return "no dump yet: d makes one"
        return f"no stacks: {why}" if why else "dumping …"


def _rows(dump: Dump, width: int) -> list[Row]:
    return [line for stack in dump.stacks for line in _thread(stack, width)]


def _thread(stack: Stack, width: int) -> list[Row]:
    title = fmt.cut(f" {stack.name or 'thread'}  (process {stack.pid}, thread {stack.tid})", width)
    return [row(title, Look.BOLD), *(row(fmt.cut(f"   {frame}", width)) for frame in stack.frames)]
