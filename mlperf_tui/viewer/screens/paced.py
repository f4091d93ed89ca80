"""The base of all screens: composes a frame only when the one before has arrived at the terminal."""

from __future__ import annotations

from typing import TypeVar

from textual import events
from textual._compositor import ChopsUpdate, LayoutUpdate
from textual.screen import ModalScreen, Screen

from mlperf_tui.viewer.cells import Difference, pieces
from mlperf_tui.viewer.driver import SurvivingDriver

Result = TypeVar("Result")


class PacedScreen(Screen[Result]):
    """While a frame is on its way nothing is composed: what changes gathers, and the next frame shows the newest."""

    _owes_frame = False

    def _driver_if_paced(self) -> SurvivingDriver | None:
        """None in a test without a terminal."""
        driver = self.app._driver
        return driver if isinstance(driver, SurvivingDriver) else None

    def _must_wait(self) -> bool:
        """Whether a frame is on its way. Then this screen is called when it has arrived."""
        driver = self._driver_if_paced()
        if driver is None or driver.ready:
            return False
        driver.when_ready(self._frame_arrived)
        return True

    def _frame_arrived(self) -> None:
        self.call_next(self._catch_up)

    def _catch_up(self) -> None:
        self._on_timer_update()
        if self._owes_frame:
            self._compositor_refresh()

    async def _on_idle(self, event: events.Idle) -> None:
        if self._must_wait():
            event.prevent_default()

    def _on_timer_update(self) -> None:
        if self._must_wait():
            self._update_timer.pause()
        else:
            super()._on_timer_update()

    def action_redraw(self) -> None:
        """Draw everything anew: another program has written on this terminal."""
        if driver := self._driver_if_paced():
            driver.cells.forget()
        self.refresh()

    def _compositor_refresh(self) -> None:
        """The one place where Textual composes a frame and sends it."""
        driver = self._driver_if_paced()
        self._owes_frame = self is self.app.screen and self._must_wait()
        if driver is None or self is not self.app.screen:
            super()._compositor_refresh()
        elif not self._owes_frame and not self.app._batch_count:
            self._send_frame(driver)

    def _send_frame(self, driver: SurvivingDriver) -> None:
        """As `Screen._compositor_refresh` does for the screen on top; of the frame only what differs goes out."""
        compositor = self._compositor
        if driver.cells.size != compositor.size:
            compositor._dirty_regions.add(compositor.size.region)
        update = compositor.render_update(screen_stack=self.app._background_screens)
        self._dirty_widgets.clear()
        if isinstance(update, ChopsUpdate | LayoutUpdate):
            text = driver.cells.difference(pieces(update), compositor.size)
            self.app._display(self, Difference(text) if text else None)  # type: ignore[arg-type]
            driver.end_frame()
        self.app._update_mouse_over(self)


class PacedModalScreen(ModalScreen[Result], PacedScreen[Result]):
    """The same for what comes up over another screen. Textual takes a screen's looks from its first base."""
