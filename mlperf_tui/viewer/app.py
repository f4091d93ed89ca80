"""The program on the screen: takes snapshots in, keys in, and never touches the run unless it is told to stop it."""

from __future__ import annotations

import dataclasses
import gc
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, ClassVar

from textual.app import SystemCommand
from textual.binding import ActiveBinding, Binding, BindingType
from textual.screen import Screen

from mlperf_tui.session.folder import Folder
from mlperf_tui.viewer.control import Control
from mlperf_tui.viewer.cost import OwnCost, Spent
from mlperf_tui.viewer.driver import SurvivingDriver
from mlperf_tui.viewer.feed import Feed
from mlperf_tui.viewer.messages import Fresh, Outcome
from mlperf_tui.viewer.panes.output import Output
from mlperf_tui.viewer.panes.pane import Pane
from mlperf_tui.viewer.screens.main import MainScreen
from mlperf_tui.viewer.screens.stacks import StacksScreen
from mlperf_tui.viewer.shell import Shell, cannot_stop, copied
from mlperf_tui.viewer.snapshot import Snapshot
from mlperf_tui.viewer.source import Source

GARBAGE_AFTER = 20_000
STOPPABLE = ("starting", "running", "running-unrecorded")
SECOND_NS = 1_000_000_000
SPEEDS = (1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0)


class ViewerApp(Shell[Outcome]):
    """Shows the snapshots that its source hands it on a thread; what is done to the run goes through `control`."""

    CSS_PATH = "app.tcss"
    TITLE = "mlperf-tui"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("q", "leave", "leave", tooltip="leave: the run goes on"),
        Binding("ctrl+c,ctrl+q", "leave", "leave", tooltip="leave: the run goes on", show=False, priority=True),
        Binding("S", "ask_to_stop", "stop", key_display="S", tooltip="stop the run (asks first)"),
        Binding("space", "freeze", "freeze", tooltip="freeze the picture, not the recording; then play"),
        Binding(
            "left", "move(-5)", "look back", key_display="←→", tooltip="look back 5 s, with shift 1 min, with ctrl 1 h"
        ),
        Binding("right", "move(5)", "forward", key_display="→", tooltip="look forward 5 s, likewise", show=False),
        Binding("shift+left,left_square_bracket", "move(-60)", tooltip="look back 1 min", show=False),
        Binding("shift+right,right_square_bracket", "move(60)", tooltip="look forward 1 min", show=False),
        Binding("ctrl+left,left_curly_bracket", "move(-3600)", tooltip="look back 1 h", show=False),
        Binding("ctrl+right,right_curly_bracket", "move(3600)", tooltip="look forward 1 h", show=False),
        Binding("home", "first", "start", tooltip="to the session's start", show=False),
        Binding("end", "live", "live", tooltip="back to live, or to the end", show=False),
        Binding("plus", "speed(1)", "faster", tooltip="play faster, up to 100×", show=False),
        Binding("minus", "speed(-1)", "slower", tooltip="play slower", show=False),
        Binding("slash", "filter", "filter", key_display="/", tooltip="filter the output with a regular expression"),
        Binding("d", "dump", "stack dump", tooltip="dump every rank's stacks, and show them"),
        Binding("y", "copy_summary", "copy", tooltip="copy the summary as Markdown, through the terminal"),
        Binding("a", "seen", "alarms seen", tooltip="alarms seen: take them off the screen", show=False),
        Binding("ctrl+l", "screen.redraw", "redraw", tooltip="draw everything anew", show=False),
        Binding("question_mark", "help", "help", key_display="?", tooltip="all keys"),
    ]

    def __init__(
        self,
        source: Source,
        control: Control,
        *,
        output: Path | None = None,
        spent: Callable[[int], Spent] | None = None,
        ascii_only: bool | None = None,
    ) -> None:
        super().__init__(ascii_only=ascii_only)
        self.latest: Snapshot | None = None
        self._source = source
        self._control = control
        self._output = output
        self._spent = spent
        self._own_cost = OwnCost()
        self._seen_t = 0
        self._wanted_t: int | None = None
        self._speed = SPEEDS[0]

    def get_default_screen(self) -> MainScreen:
        self.main = MainScreen(ascii_only=self.ascii_only, output=self._output)
        return self.main

    def on_mount(self) -> None:
        super().on_mount()
        self.run_worker(lambda: self._source.run(self._take), thread=True)

    def on_fresh(self, message: Fresh) -> None:
        before, now = self.latest, message.snapshot
        self.latest = now
        if now.look is not None and (now.look.t == self._wanted_t or now.look.speed):
            self._wanted_t = None
        if self._spent is not None:
            sent = self._driver.bytes_sent if isinstance(self._driver, SurvivingDriver) else 0
            self._own_cost.add(self._spent(sent))
        self._draw()
        if before is None or before.status != now.status:
            self._status_changed(before, now)

    def _status_changed(self, before: Snapshot | None, now: Snapshot) -> None:
        if now.status.word == "running-unrecorded":
            self._do(self._control.revive)
        if before is not None and before.status.live and now.status.ended:
            self.bell()
        self.refresh_bindings()

    def action_leave(self) -> None:
        self._end(lost=False)

    def action_freeze(self) -> None:
        """Live: stand still here. Standing still: play from here. Playing: stand still."""
        at = self.latest.look if self.latest else None
        if at is None:
            self._look(0)
        else:
            self._source.play(0.0 if at.speed else self._speed)

    def action_move(self, seconds: int) -> None:
        self._look(seconds * SECOND_NS)

    def action_first(self) -> None:
        if self.latest is not None and self.latest.began is not None:
            self._wanted_t = self.latest.began
            self._source.look(self._wanted_t)

    def action_live(self) -> None:
        self._wanted_t = None
        self._source.look(None)

    def action_speed(self, by: int) -> None:
        """Another speed; it plays with it at once where it plays already."""
        index = SPEEDS.index(self._speed) + by
        self._speed = SPEEDS[max(0, min(len(SPEEDS) - 1, index))]
        if self.latest is not None and self.latest.look is not None:
            self._source.play(self._speed)

    def action_seen(self) -> None:
        self._seen_t = max((alarm.t for alarm in self.latest.alarms), default=0) if self.latest else 0
        self._draw()

    def action_filter(self) -> None:
        """From wherever the focus is."""
        output = self.main.query_one(Output)
        output.focus()
        output.action_filter()

    def action_dump(self) -> None:
        """Of a run that lives; of one that has ended, the dump that it left."""
        shown = self.latest
        lives = shown is not None and shown.status.live
        self.push_screen(StacksScreen(shown.now if shown and lives else 0, shown, ascii_only=self.ascii_only))
        if lives:
            self._do(self._control.dump)

    def action_copy_summary(self) -> None:
        """OSC 52: the terminal at this end of the line puts it into its clipboard, if it is allowed to."""
        self._do(self._control.summary, self._copied)

    def _copied(self, text: str) -> None:
        self.copy_to_clipboard(text)
        self.notify(copied("summary"), markup=False)

    async def action_help(self) -> None:
        """The program's own keys first, then those of the pane that has the focus, then those of all others."""
        from mlperf_tui.viewer.screens.help import HelpScreen, key_lines  # noqa: PLC0415  not for the first picture

        keys = [found.binding for found in self._known()]
        keys += [binding for pane in self.main.query(Pane) for _, binding in pane._bindings]
        await self.push_screen(HelpScreen(key_lines((self.get_key_display(key), key) for key in keys)))

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:  # noqa: ARG002  the palette lies over the main screen
        """The palette holds every action that has a key, and nothing else."""
        told: set[str] = set()
        for found in self._in_force():
            said = found.binding.tooltip or found.binding.description
            if said and said not in told:
                told.add(said)
                yield SystemCommand(said, f"key {self.get_key_display(found.binding)}", self._acting(found))

    def action_ask_to_stop(self) -> None:
        from mlperf_tui.viewer.screens.stop import StopScreen  # noqa: PLC0415  not for the first picture

        if self.latest is not None:
            plan = self.latest.plan
            self.push_screen(StopScreen(plan.id, plan.grace_s), self._answered)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:  # noqa: ARG002
        """None for what would do nothing now: `?` tells of it all the same, the last line and the palette don't."""
        return None if self._why_not(action) is not None else True

    def key_upper_s(self) -> None:
        """Textual calls this for S where its action isn't in force."""
        self._say_why_not("ask_to_stop")

    def key_d(self) -> None:
        """The same for d."""
        self._say_why_not("dump")

    def _say_why_not(self, action: str) -> None:
        why = self._why_not(action)
        if why and self.screen is self.main:
            self.notify(why, markup=False)

    def _why_not(self, action: str) -> str | None:
        """What has ended can't be stopped, nor what is stopping already; nor has it stacks, unless a dump left some."""
        shown = self.latest
        if shown is None:
            return "" if action in {"ask_to_stop", "dump"} else None
        if action == "ask_to_stop" and shown.status.word not in STOPPABLE:
            return cannot_stop(shown.status.word)
        if action == "dump" and not shown.status.live and shown.dump is None:
            return "no stacks: the run doesn't run here any more, and it left no dump"
        return None

    def _known(self) -> list[ActiveBinding]:
        """The program's own keys first, then the screen's and those of the pane that has the focus."""
        return sorted(self.main.active_bindings.values(), key=lambda found: found.node is not self)

    def _in_force(self) -> list[ActiveBinding]:
        """The same without those that would do nothing now."""
        return [found for found in self._known() if found.enabled]

    def _answered(self, yes: bool | None) -> None:
        if yes:
            self._do(self._control.stop)

    def _look(self, by_ns: int) -> None:
        """Move the cursor from where it is, or is going already; past the last moment it is live again."""
        shown = self.latest
        if shown is None:
            return
        t = (shown.now if self._wanted_t is None else self._wanted_t) + by_ns
        end = shown.look.end if shown.look else shown.now
        self._wanted_t = None if by_ns > 0 and t >= end else max(t, shown.began or 0)
        self._source.look(self._wanted_t)

    def _take(self, snapshot: Snapshot) -> None:
        self.post_message(Fresh(snapshot))

    def _draw(self) -> None:
        shown = self.latest
        if shown is None:
            return
        unseen = tuple(alarm for alarm in shown.alarms if alarm.t > self._seen_t)
        cpu_pct, bytes_per_s = self._own_cost.rates()
        cost = dataclasses.replace(shown.cost, viewer_pct=cpu_pct, bytes_per_s=bytes_per_s)
        drawn = dataclasses.replace(shown, alarms=unseen, cost=cost)
        self.main.show(drawn)
        if isinstance(self.screen, StacksScreen):
            self.screen.show(drawn)

    def lost(self) -> None:
        self._end(lost=True)

    def _end(self, *, lost: bool) -> None:
        self._source.leave()
        state = self.latest.status if self.latest else None
        self.exit(Outcome(state.live if state else True, state.word if state else "starting", lost))


def watch(folder: Folder, control: Control, *, mouse: bool = True) -> Outcome:
    """Show a session until the user leaves.

    What has been imported stays: not to look for garbage in it saves the first picture some 30 ms of CPU. Later on
    a snapshot is some thousand objects, none in a cycle: garbage is looked for after more of them than Python's 700.
    """
    gc.freeze()
    gc.set_threshold(GARBAGE_AFTER)
    gc.enable()

    def spent(sent_bytes: int) -> Spent:
        return Spent(time.monotonic(), time.process_time(), sent_bytes)

    app = ViewerApp(Feed(folder), control, output=folder.output, spent=spent)
    return app.run(mouse=mouse) or Outcome(live=True, status="unknown", lost=True)
