"""The first line: what runs on what, whether it runs, since when, and how far it is."""

from __future__ import annotations

from mlperf_tui.viewer import format as fmt
from mlperf_tui.viewer.panes.pane import Pane
from mlperf_tui.viewer.panes.rows import Content, Look, Room
from mlperf_tui.viewer.snapshot import Snapshot

SYMBOLS = {
    "starting": "○ starting",
    "running": "● running",
    "running-unrecorded": "● running, unrecorded",
    "stopping": "○ stopping",
    "finished": "✓ finished",
    "failed": "✗ failed",
    "stopped": "■ stopped",
    "interrupted": "? interrupted",
    "gone": "✗ gone",
    "unreadable": "? unreadable",
}


class Header(Pane):
    """One line, without a title of its own."""

    def content(self, snapshot: Snapshot, room: Room) -> Content:
        beside = len(snapshot.plan.workload) + 2
        parts = [_state(snapshot), _epoch(snapshot), _step(snapshot)]
        state = (fmt.fit(parts, room.width - 2 - beside) or fmt.fit(parts, room.width - 2)) + " "
        space = room.width - len(state) - 1
        name = fmt.fit([snapshot.plan.workload, *_details(snapshot)], space - 1, " · ")
        gap = max(0, space - len(name))
        return Content(body=[((f" {name}", Look.BOLD), (" " * gap, Look.PLAIN), (state, Look.BOLD))])


def _details(snapshot: Snapshot) -> list[str]:
    return [snapshot.precision or "", snapshot.device, _batch(snapshot)]


def _batch(snapshot: Snapshot) -> str:
    """Samples a step and rank, and how many ranks there are."""
    if snapshot.batch is None:
        return ""
    ranks = f" × {snapshot.ranks} ranks" if snapshot.ranks > 1 else ""
    return f"batch {fmt.number(snapshot.batch)}{ranks}"


def _state(snapshot: Snapshot) -> str:
    word = SYMBOLS.get(snapshot.status.word, f"○ {snapshot.status.word}")
    at = ", here at" if snapshot.look is not None else ""
    return f"{word}{at} {fmt.duration(snapshot.elapsed_s)}"


def _step(snapshot: Snapshot) -> str:
    rates = snapshot.training.whole
    taken = rates.steps + rates.warmup_steps
    of = f"/{snapshot.plan.steps:,}" if snapshot.plan.steps else ""
    return f"step {snapshot.steps_before + taken:,}{of}" if taken else ""


def _epoch(snapshot: Snapshot) -> str:
    if snapshot.epoch is None:
        return ""
    of = f"/{snapshot.epochs}" if snapshot.epochs is not None else ""
    return f"epoch {snapshot.epoch}{of}"
