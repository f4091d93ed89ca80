"""A viewer of a recorded session that is fed by hand, so that no clock and no thread decides what a test sees."""

from __future__ import annotations

import dataclasses
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from textual.app import App
from textual.pilot import Pilot

from mlperf_tui.session.folder import Folder
from mlperf_tui.session.status import Status
from mlperf_tui.viewer.app import ViewerApp
from mlperf_tui.viewer.control import Control
from mlperf_tui.viewer.feed import Feed
from mlperf_tui.viewer.messages import Fresh, Outcome
from mlperf_tui.viewer.snapshot import Look, Snapshot

RECORDED = Path(__file__).parents[1] / "recorded"


def utc() -> None:
    """Local times in tests are UTC."""
    os.environ["TZ"] = "UTC"
    time.tzset()


def recorded(name: str) -> Snapshot:
    """The end of a recorded session."""
    utc()
    return Feed(Folder(RECORDED / name)).poll()


def as_running(snapshot: Snapshot) -> Snapshot:
    """The same moment, had the run not ended: what the numbers of now come from is the whole run."""
    training = dataclasses.replace(snapshot.training, now=snapshot.training.whole)
    return dataclasses.replace(snapshot, status=Status("running"), training=training)


class ByHand:
    """A source that hands on what it was given and gets no more by itself; what the app asks of it is in `asked`.

    Asked to look elsewhere, it hands on the newest snapshot with the cursor there.
    """

    def __init__(self, *snapshots: Snapshot) -> None:
        self.asked: list[tuple[str, float | None]] = []
        self.deaf = False
        """Whether it notes what is asked of it and does nothing."""
        self._snapshots = list(snapshots)
        self._show: Callable[[Snapshot], object] = lambda _: None

    def run(self, show: Callable[[Snapshot], object]) -> None:
        self._show = show
        for snapshot in self._snapshots:
            show(snapshot)

    def leave(self) -> None:
        """It has ended by itself."""

    def look(self, t: int | None) -> None:
        self.asked.append(("look", t))
        self._move(t, 0.0)

    def play(self, speed: float) -> None:
        self.asked.append(("play", speed))
        self._move(self._snapshots[-1].now, speed)

    def _move(self, t: int | None, speed: float) -> None:
        newest = self._snapshots[-1]
        if self.deaf:
            return
        at = None if t is None else Look(t, speed, newest.began or 0, newest.now)
        self._show(dataclasses.replace(newest, look=at))


def app_of(
    *snapshots: Snapshot,
    control: Control | None = None,
    stop: Callable[[], object] = lambda: None,
    ascii_only: bool = False,
    source: ByHand | None = None,
) -> ViewerApp:
    """An app that has been handed these snapshots and gets no more by itself."""
    return ViewerApp(source or ByHand(*snapshots), control or Control(stop=stop), ascii_only=ascii_only)


def feed(app: ViewerApp, snapshot: Snapshot) -> None:
    """Hand it one more."""
    app.post_message(Fresh(snapshot))


async def ready(pilot: Pilot[Outcome]) -> None:
    """All that the app was to be handed has been handed on and drawn."""
    await pilot.app.workers.wait_for_complete()
    await pilot.pause()


def text_of(app: App[Any]) -> str:
    """What stands on the screen, line by line."""
    return "\n".join(strip.text for strip in app.screen._compositor.render_strips())
