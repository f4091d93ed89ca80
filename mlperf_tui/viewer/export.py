"""The screen as a picture, drawn without a terminal: for a README, a ticket, a test."""

from __future__ import annotations

import asyncio

from mlperf_tui.session.folder import Folder
from mlperf_tui.viewer.app import ViewerApp
from mlperf_tui.viewer.feed import Feed


def export_svg(folder: Folder, size: tuple[int, int] = (120, 36)) -> str:
    """The main screen of a session as it is now, of so many columns and lines, as SVG."""

    async def draw() -> str:
        app = ViewerApp(lambda show, _: show(Feed(folder).poll()), lambda: None, ascii_only=False)
        async with app.run_test(size=size) as pilot:
            await app.workers.wait_for_complete()
            await pilot.pause()
            return app.export_screenshot(title=f"mlperf-tui · {folder.id}")

    return asyncio.run(draw())
