"""The program on the screen: takes snapshots in, keys in, and never touches the run unless it is told to stop it."""

from __future__ import annotations

import asyncio
import dataclasses
import signal
from collections.abc import Callable
from threading import Event
from typing import ClassVar

from textual.app import App
from textual.binding import Binding, BindingType

from mlperf_tui.errors import MlperfTuiError
from mlperf_tui.session.folder import Folder
from mlperf_tui.viewer import glyphs, terminal
from mlperf_tui.viewer.driver import SurvivingDriver
from mlperf_tui.viewer.feed import Feed
from mlperf_tui.viewer.messages import Fresh, Outcome
from mlperf_tui.viewer.screens.help import HelpScreen, key_lines
from mlperf_tui.viewer.screens.main import MainScreen
from mlperf_tui.viewer.screens.stop import StopScreen
from mlperf_tui.viewer.snapshot import Snapshot

LOOK_FOR_TERMINAL_S = 1.0
STOPPABLE = ("starting", "running", "running-unrecorded")
Follow = Callable[[Callable[[Snapshot], object], Event], object]


class ViewerApp(App[Outcome]):
    """Shows the snapshots that `follow` hands it on a thread, until its event is set; `stop` stops the run."""

    CSS_PATH = "app.tcss"
    TITLE = "mlperf-tui"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("q", "leave", "leave", tooltip="leave: the run goes on"),
        Binding("ctrl+c,ctrl+q", "leave", "leave", tooltip="leave: the run goes on", show=False, priority=True),
        Binding("S", "ask_to_stop", "stop", key_display="S", tooltip="stop the run (asks first)"),
        Binding("space", "freeze", "freeze", tooltip="freeze the picture, not the recording; again for live"),
        Binding("a", "seen", "alarms seen", tooltip="alarms seen: take them off the screen", show=False),
        Binding("question_mark", "help", "help", key_display="?", tooltip="all keys"),
    ]

    def __init__(
        self,
        follow: Follow,
        stop: Callable[[], None],
        *,
        revive: Callable[[], None] = lambda: None,
        ascii_only: bool | None = None,
    ) -> None:
        super().__init__(SurvivingDriver, ansi_color=True)
        self.theme = "ansi-dark"
        self.latest: Snapshot | None = None
        self._ascii = not glyphs.utf8() if ascii_only is None else ascii_only
        self._follow = follow
        self._stop = stop
        self._revive = revive
        self._leave = Event()
        self._frozen: Snapshot | None = None
        self._seen_t = 0

    def get_default_screen(self) -> MainScreen:
        self.main = MainScreen(ascii_only=self._ascii)
        return self.main

    def on_mount(self) -> None:
        self.set_class(self._ascii, "-plain")
        if not self.is_headless:
            asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, self._lost)
            self.set_interval(LOOK_FOR_TERMINAL_S, self._look_for_terminal)
        self.run_worker(lambda: self._follow(self._take, self._leave), thread=True)

    def on_fresh(self, message: Fresh) -> None:
        first = self.latest is None or self.latest.status != message.snapshot.status
        self.latest = message.snapshot
        self._draw()
        if first and message.snapshot.status.word == "running-unrecorded":
            self.run_worker(self._revive, thread=True)
        if first:
            self.refresh_bindings()

    def action_leave(self) -> None:
        self._end(lost=False)

    def action_freeze(self) -> None:
        self._frozen = None if self._frozen else self.latest
        self._draw()

    def action_seen(self) -> None:
        shown = self._frozen or self.latest
        self._seen_t = max((alarm.t for alarm in shown.alarms), default=0) if shown else 0
        self._draw()

    async def action_help(self) -> None:
        """The program's own keys first, then those of the pane that has the focus."""
        active = sorted(self.main.active_bindings.values(), key=lambda found: found.node is not self)
        keys = [(self.get_key_display(found.binding), found.binding) for found in active if found.enabled]
        await self.push_screen(HelpScreen(key_lines(keys)))

    def action_ask_to_stop(self) -> None:
        if self.latest is not None:
            plan = self.latest.plan
            self.push_screen(StopScreen(plan.id, plan.grace_s), self._answered)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:  # noqa: ARG002
        """What has ended can't be stopped, nor what is stopping already."""
        return action != "ask_to_stop" or (self.latest is not None and self.latest.status.word in STOPPABLE)

    def _answered(self, yes: bool | None) -> None:
        if yes:
            self.run_worker(self._stop_run, thread=True)

    def _stop_run(self) -> None:
        try:
            self._stop()
        except MlperfTuiError as error:
            self.call_from_thread(self.notify, str(error), severity="error", markup=False)

    def _take(self, snapshot: Snapshot) -> None:
        self.post_message(Fresh(snapshot))

    def _draw(self) -> None:
        shown = self._frozen or self.latest
        if shown is not None:
            unseen = tuple(alarm for alarm in shown.alarms if alarm.t > self._seen_t)
            self.main.show(dataclasses.replace(shown, alarms=unseen, frozen=self._frozen is not None))

    def _look_for_terminal(self) -> None:
        if terminal.gone():
            self._lost()

    def _lost(self) -> None:
        self._end(lost=True)

    def _end(self, *, lost: bool) -> None:
        self._leave.set()
        state = self.latest.status if self.latest else None
        self.exit(Outcome(state.live if state else True, state.word if state else "starting", lost))


def watch(folder: Folder, stop: Callable[[], None], revive: Callable[[], None], *, mouse: bool = True) -> Outcome:
    """Show a session until the user leaves.

    `stop` is called when the user asks for it and says yes, `revive` when the run has lost its recorder.
    """
    app = ViewerApp(Feed(folder).run, stop, revive=revive)
    return app.run(mouse=mouse) or Outcome(live=True, status="unknown", lost=True)
