"""The program behind `mlperf-tui list` in a terminal: shows the list until something is opened or the user leaves."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from threading import Event
from typing import ClassVar

from textual.app import SystemCommand
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.screen import Screen

from mlperf_tui.frozen import frozen
from mlperf_tui.report.listing import no_session
from mlperf_tui.viewer.sessions.deeds import Deeds, deeds_in
from mlperf_tui.viewer.sessions.feed import Looked, SessionsFeed
from mlperf_tui.viewer.sessions.model import View
from mlperf_tui.viewer.sessions.screen import ListScreen
from mlperf_tui.viewer.shell import Shell, cannot_stop

LOOK_FOR_TERMINAL_S = 1.0
Follow = Callable[[Callable[[Looked], object], Event], object]


@frozen
class Choice:
    """How the list was left: with something to `open`, or for good. `view` is how to show it when it comes back."""

    view: View
    open: str | None = None


class FreshLook(Message):
    """Newer than what is shown. One that has not been drawn yet is dropped for it."""

    def __init__(self, looked: Looked) -> None:
        super().__init__()
        self.looked = looked

    def can_replace(self, message: Message) -> bool:
        return isinstance(message, FreshLook)


class SessionsApp(Shell[Choice]):
    """Shows what `follow` hands it on a thread, until its event is set."""

    CSS_PATH: ClassVar = ["../app.tcss", "sessions.tcss"]
    TITLE = "mlperf-tui"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("q", "leave", "leave", tooltip="leave: all runs go on"),
        Binding("ctrl+c,ctrl+q", "leave", "leave", tooltip="leave: all runs go on", show=False, priority=True),
        Binding("question_mark", "list_help", "help", key_display="?", tooltip="all keys"),
    ]

    def __init__(self, follow: Follow, deeds: Deeds, root: Path, view: View, *, ascii_only: bool | None = None) -> None:
        super().__init__(ascii_only=ascii_only)
        self._follow = follow
        self._leave = Event()
        self.list = ListScreen(deeds, view, str(root), no_session(root), ascii_only=self.ascii_only)

    def get_default_screen(self) -> ListScreen:
        return self.list

    def on_mount(self) -> None:
        super().on_mount()
        self.run_worker(lambda: self._follow(self._take, self._leave), thread=True)

    def on_fresh_look(self, message: FreshLook) -> None:
        self.list.take(message.looked)

    def on_list_screen_open(self, message: ListScreen.Open) -> None:
        self._end(message.session)

    def lost(self) -> None:
        self.action_leave()

    def action_leave(self) -> None:
        self._end(None)

    def action_list_help(self) -> None:
        self.list.action_help()

    def key_upper_s(self) -> None:
        """Textual calls this for S where there is nothing to stop."""
        chosen = self.list.picture.current
        if chosen is not None and self.screen is self.list:
            self.list.say(cannot_stop(chosen.status))

    def key_equals_sign(self) -> None:
        """The same for =, unless two are marked."""
        if self.list.looked.rows and self.screen is self.list:
            self.list.say("mark two first, each with space: = holds them side by side")

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """Every key with words is a command too."""
        for one in screen.active_bindings.values():
            if one.enabled and one.binding.tooltip:
                run = partial(self.run_action, one.binding.action, one.node)
                yield SystemCommand(one.binding.description, one.binding.tooltip, run)

    def _take(self, looked: Looked) -> None:
        self.post_message(FreshLook(looked))

    def _end(self, session: str | None) -> None:
        self._leave.set()
        self.exit(Choice(self.list.view, session))


def choose(root: Path, view: View, *, said: str = "", mouse: bool = True) -> Choice:
    """Show the sessions below `root` until one is to be opened or the user leaves; `said` is told first."""
    app = SessionsApp(SessionsFeed(root).run, deeds_in(root), root, view)
    app.list.said = said
    return app.run(mouse=mouse) or Choice(view)
