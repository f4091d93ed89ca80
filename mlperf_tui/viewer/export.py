"""The screen as a picture, drawn without a terminal: for a README, a ticket, a test."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from mlperf_tui.session.folder import Folder
from mlperf_tui.viewer.app import ViewerApp
from mlperf_tui.viewer.control import Control
from mlperf_tui.viewer.feed import Feed
from mlperf_tui.viewer.snapshot import Snapshot


class Once:
    """A source that hands on one snapshot, of now."""

    def __init__(self, folder: Folder) -> None:
        self._feed = Feed(folder)

    def run(self, show: Callable[[Snapshot], object]) -> None:
        show(self._feed.poll())

    def leave(self) -> None:
        """It ends by itself."""

    def look(self, t: int | None) -> None:
        """A picture stands still."""

    def play(self, speed: float) -> None:
        """A picture stands still."""


def export_svg(folder: Folder, size: tuple[int, int] = (120, 36)) -> str:
    """The main screen of a session as it is now, of so many columns and lines, as SVG."""

    async def draw() -> str:
        app = ViewerApp(Once(folder), Control(), ascii_only=False)
        async with app.run_test(size=size) as pilot:
            await app.workers.wait_for_complete()
            await pilot.pause()
            return app.export_screenshot(title=f"mlperf-tui · {folder.id}")

    return asyncio.run(draw())
