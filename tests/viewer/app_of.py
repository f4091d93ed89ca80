"""A viewer of a recorded session that is fed by hand, so that no clock and no thread decides what a test sees."""

from __future__ import annotations

import dataclasses
import os
import time
from collections.abc import Callable
from pathlib import Path

from textual.pilot import Pilot

from mlperf_tui.session.folder import Folder
from mlperf_tui.session.status import Status
from mlperf_tui.viewer.app import ViewerApp
from mlperf_tui.viewer.feed import Feed
from mlperf_tui.viewer.messages import Fresh, Outcome
from mlperf_tui.viewer.snapshot import Snapshot

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


def app_of(*snapshots: Snapshot, stop: Callable[[], None] = lambda: None, ascii_only: bool = False) -> ViewerApp:
    """An app that has been handed these snapshots and gets no more by itself."""

    def follow(show: Callable[[Snapshot], object], _: object) -> None:
        for snapshot in snapshots:
            show(snapshot)

    return ViewerApp(follow, stop, ascii_only=ascii_only)


def feed(app: ViewerApp, snapshot: Snapshot) -> None:
    """Hand it one more."""
    app.post_message(Fresh(snapshot))


async def ready(pilot: Pilot[Outcome]) -> None:
    """All that the app was to be handed has been handed on and drawn."""
    await pilot.app.workers.wait_for_complete()
    await pilot.pause()


def text_of(app: ViewerApp) -> str:
    """What stands on the screen, line by line."""
    return "\n".join(strip.text for strip in app.screen._compositor.render_strips())
