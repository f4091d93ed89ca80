"""The program on the screen of an experiment: pictures in, keys in; it touches nothing unless it is told to stop it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from threading import Event
from typing import Any, ClassVar

from textual.app import SystemCommand
from textual.binding import ActiveBinding, Binding, BindingType
from textual.message import Message
from textual.screen import Screen

from mlperf_tui.report.ab.as_markdown import as_markdown
from mlperf_tui.report.ab.build import build
from mlperf_tui.report.ab.read import Reader
from mlperf_tui.session.experiments import ExperimentFolder
from mlperf_tui.viewer.ab.feed import AbFeed
from mlperf_tui.viewer.ab.pane import AbPane
from mlperf_tui.viewer.ab.picture import Picture
from mlperf_tui.viewer.ab.screen import AbScreen
from mlperf_tui.viewer.ab.stop import StopExperiment
from mlperf_tui.viewer.control import Control
from mlperf_tui.viewer.screens.help import HelpScreen, key_lines
from mlperf_tui.viewer.shell import Shell, cannot_stop, copied

Follow = Callable[[Callable[[Picture], object], Event], object]

NOTES = (
    "Leaving never stops the experiment: `mlperf-tui watch` comes back to it.",
    "A dash means unknown; an enlarged pane says why.",
)


class FreshPicture(Message):
    """A newer one. One that has not been drawn yet is dropped for it."""

    def __init__(self, picture: Picture) -> None:
        super().__init__()
        self.picture = picture

    def can_replace(self, message: Message) -> bool:
        return isinstance(message, FreshPicture)


class AbApp(Shell[bool]):
    """Shows what `follow` hands it on a thread. It returns whether it was left because the terminal is gone."""

    CSS_PATH: ClassVar = ["../app.tcss", "ab.tcss"]
    TITLE = "mlperf-tui"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("q", "leave", "leave", tooltip="leave: the experiment goes on"),
        Binding("ctrl+c,ctrl+q", "leave", "leave", tooltip="leave: the experiment goes on", show=False, priority=True),
        Binding("S", "ask_to_stop", "stop", key_display="S", tooltip="stop the experiment (asks first)"),
        Binding("y", "copy_report", "copy", tooltip="copy the report as Markdown, through the terminal"),
        Binding("a", "seen", "alarms seen", tooltip="alarms seen: take them off the screen", show=False),
        Binding("ctrl+l", "screen.redraw", "redraw", tooltip="draw everything anew", show=False),
        Binding("question_mark", "help", "help", key_display="?", tooltip="all keys"),
    ]

    def __init__(self, follow: Follow, control: Control, *, ascii_only: bool | None = None) -> None:
        super().__init__(ascii_only=ascii_only)
        self.latest: Picture | None = None
        self._follow = follow
        self._control = control
        self._leave = Event()
        self._seen_alarms = 0

    def get_default_screen(self) -> AbScreen:
        self.main = AbScreen(ascii_only=self.ascii_only)
        return self.main

    def on_mount(self) -> None:
        super().on_mount()
        self.run_worker(lambda: self._follow(self._take, self._leave), thread=True)

    def on_fresh_picture(self, message: FreshPicture) -> None:
        before, self.latest = self.latest, message.picture
        self._draw()
        if before is None or (before.status, before.left) != (message.picture.status, message.picture.left):
            if before is not None and before.status.live and message.picture.status.ended:
                self.bell()
            self.refresh_bindings()

    def lost(self) -> None:
        self._end(lost=True)

    def action_leave(self) -> None:
        self._end(lost=False)

    def action_ask_to_stop(self) -> None:
        if self.latest is not None:
            self.push_screen(StopExperiment(self.latest.plan), self._answered)

    def action_copy_report(self) -> None:
        """OSC 52: the terminal at this end of the line puts it into its clipboard, if it is allowed to."""
        self._do(self._control.summary, self._copied)

    def action_seen(self) -> None:
        self._seen_alarms = len(self.latest.alarms) if self.latest else 0
        self._draw()

    async def action_help(self) -> None:
        """The program's own keys first, then those of the pane that has the focus, then those of all others."""
        keys = [found.binding for found in self._known()]
        keys += [binding for pane in self.main.query(AbPane) for _, binding in pane._bindings]
        await self.push_screen(HelpScreen(key_lines((self.get_key_display(key), key) for key in keys), NOTES))

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:  # noqa: ARG002  it lies over the main screen
        """The palette holds every action that has a key, and nothing else."""
        told: set[str] = set()
        for found in self._in_force():
            said = found.binding.tooltip or found.binding.description
            if said and said not in told:
                told.add(said)
                yield SystemCommand(said, f"key {self.get_key_display(found.binding)}", self._acting(found))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:  # noqa: ARG002
        """What has ended can't be stopped, nor what is stopping already; what has no evidence has no report.

        None: `?` tells of it all the same.
        """
        shown = self.latest
        if action == "ask_to_stop":
            return True if shown is not None and shown.stoppable else None
        if action == "copy_report":
            return True if shown is not None and shown.held is not None else None
        return True

    def key_upper_s(self) -> None:
        """Textual calls this for S where there is nothing to stop."""
        if self.latest is not None and self.screen is self.main:
            self.notify(cannot_stop("stopping" if self.latest.left else self.latest.status.word), markup=False)

    def _known(self) -> list[ActiveBinding]:
        return sorted(self.main.active_bindings.values(), key=lambda found: found.node is not self)

    def _in_force(self) -> list[ActiveBinding]:
        """The same without those that would do nothing now."""
        return [found for found in self._known() if found.enabled]

    def _answered(self, yes: bool | None) -> None:
        if yes:
            self._do(self._control.stop)

    def _copied(self, text: str) -> None:
        self.copy_to_clipboard(text)
        self.notify(copied("report"), markup=False)

    def _take(self, picture: Picture) -> None:
        self.post_message(FreshPicture(picture))

    def _draw(self) -> None:
        if self.latest is not None:
            self.main.show(replace(self.latest, alarms=self.latest.alarms[self._seen_alarms :]))

    def _end(self, *, lost: bool) -> None:
        self._leave.set()
        self.exit(lost)


def watch(folder: ExperimentFolder, stop: Callable[[], None], *, mouse: bool = True) -> bool:
    """Show an experiment until the user leaves. Whether that was because the terminal is gone."""
    plan, reader = folder.plan(), Reader()
    control = Control(stop=stop, summary=lambda: as_markdown(build(folder), plan))
    return AbApp(AbFeed(folder, lambda: build(folder, reader)).run, control).run(mouse=mouse) is not False
