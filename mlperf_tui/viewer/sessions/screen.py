"""The sessions screen: the list, and what its user does to a row. Whatever may take long is done on a thread."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from functools import partial
from typing import Any, ClassVar

from textual.binding import Binding, BindingType
from textual.message import Message

from mlperf_tui.errors import MlperfTuiError
from mlperf_tui.report.listed import UNREADABLE, Listed
from mlperf_tui.report.numbers import gib
from mlperf_tui.session.status import ENDED
from mlperf_tui.viewer.screens.help import HelpScreen, key_lines
from mlperf_tui.viewer.screens.stop import StopScreen
from mlperf_tui.viewer.sessions.board import Table
from mlperf_tui.viewer.sessions.choosing import ChoosingScreen
from mlperf_tui.viewer.sessions.deeds import Deeds
from mlperf_tui.viewer.sessions.model import REMOVING, STOPPING, View, stoppable
from mlperf_tui.viewer.sessions.screens import HELP, CompareScreen, RemoveScreen, many

NAME = "new name"
NEEDS_ONE = ("open", "rename", "remove", "mark")
NEEDS_ANY = ("filter", "order")
SAFE_TO_REMOVE = (*ENDED, UNREADABLE)


class ListScreen(ChoosingScreen):
    """The list with its deeds; `Open` goes to the app."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "open", "open", key_display="enter", tooltip="open it; leaving it comes back here"),
        Binding("S", "stop", "stop", key_display="S", tooltip="stop the run (asks first)"),
        Binding("R", "rename", "rename", key_display="R", tooltip="give it another name; an empty one takes that away"),
        Binding("D,delete", "remove", "delete", tooltip="delete it, or all marked ones (asks first)"),
        Binding("equals_sign", "compare", "compare", key_display="=", tooltip="the two marked sessions side by side"),
    ]

    class Open(Message):
        """Says that a session or an experiment is to be opened."""

        def __init__(self, session: str) -> None:
            super().__init__()
            self.session = session

    def __init__(self, deeds: Deeds, view: View, place: str, empty: str, *, ascii_only: bool) -> None:
        super().__init__(view, place, empty, ascii_only=ascii_only)
        self._deeds = deeds
        self._freed: list[tuple[Listed, int]] = []

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """What can't be done now is not offered, but `?` tells of it."""
        chosen = self.picture.current
        if (action == "stop" and not stoppable(chosen, self.looked.rows)) or (action in NEEDS_ONE and chosen is None):
            return None
        if (action == "compare" and len(self.view.marked) != 2) or (action in NEEDS_ANY and not self.looked.rows):
            return None
        return super().check_action(action, parameters)

    def key_lines(self) -> list[str]:
        """Every key with what it does, also one that does nothing now, the list's own first."""
        active = sorted(self.active_bindings.values(), key=lambda one: one.node is not self)
        return key_lines((self.app.get_key_display(one.binding), one.binding) for one in active)

    def action_open(self) -> None:
        chosen = self.picture.current
        if chosen is not None and chosen.status == UNREADABLE:
            self.say(chosen.detail)
        elif chosen is not None:
            self.choose(self.view.pointing(self.picture.rows, self.picture.index))
            self.post_message(self.Open(chosen.id))

    def action_help(self) -> None:
        self.app.push_screen(HelpScreen(self.key_lines(), HELP))

    def action_rename(self) -> None:
        if (chosen := self.picture.current) is not None:
            self.choose(self.view.pointing(self.picture.rows, self.picture.index))
            self.ask(NAME, chosen.name or "")

    def action_stop(self) -> None:
        if (chosen := self.picture.current) is not None:
            self.app.push_screen(StopScreen(chosen.id, chosen.grace_s), partial(self._stop, chosen.id))

    def action_remove(self) -> None:
        rows = self._meant()
        reasons = (self._deeds.refusal(row.id) for row in rows if row.status not in SAFE_TO_REMOVE or row.experiment)
        if reason := next((reason for reason in reasons if reason), None):
            self.say(reason)
        elif rows:
            self.app.push_screen(RemoveScreen(rows), partial(self._remove, rows))

    def action_compare(self) -> None:
        left, right = self.view.marked
        if whole := next((row.id for row in self._meant() if row.runs is not None), None):
            self.say(f"{whole} is an experiment, which holds its own arms side by side: open it")
            return
        names = {row.id: row.name or row.id for row in self.looked.rows}
        screen = CompareScreen((names.get(left, left), names.get(right, right)), ascii_only=self.ascii_only)
        self.app.push_screen(screen)
        self._do(
            lambda: self._deeds.compare(left, right), screen.comparison.found, partial(self._no_comparison, screen)
        )

    def typed(self, label: str, text: str) -> None:
        session = self.view.cursor
        if label == NAME and session is not None:
            name = text.strip() or None
            self._do(lambda: self._deeds.rename(session, name), lambda _: self._renamed(session, name), self.say)
        super().typed(label, text)

    def on_table_pointed(self, message: Table.Pointed) -> None:
        if not self.typing:
            self.choose(self.view.pointing(self.picture.rows, message.index))
            if message.opens:
                self.action_open()

    def _meant(self) -> list[Listed]:
        """The marked ones, else the one that the cursor is on."""
        marked = [row for row in self.looked.rows if row.id in self.view.marked and row.id not in self.gone]
        chosen = self.picture.current
        return marked or ([chosen] if chosen is not None else [])

    def _stop(self, session: str, yes: bool | None) -> None:
        if yes:
            self.busy[session] = STOPPING
            self._do(lambda: self._deeds.stop(session), lambda _: self.draw(), partial(self._failed, session))
            self.draw()

    def _remove(self, rows: list[Listed], yes: bool | None) -> None:
        if yes:
            self._freed = []
            self.busy.update({row.id: REMOVING for row in rows})
            for row in rows:
                self._do(
                    partial(self._deeds.remove, row.id), partial(self._removed, row), partial(self._failed, row.id)
                )
            self.draw()

    def _removed(self, row: Listed, size_bytes: int) -> None:
        """With an experiment its runs have gone."""
        gone = {row.id, *(run.id for run in self.looked.rows if run.experiment == row.id)}
        self.gone |= gone
        self._freed.append((row, size_bytes))
        self.view = dataclasses.replace(self.view, marked=tuple(one for one in self.view.marked if one not in gone))
        what = row.id if len(self._freed) == 1 else many([one for one, _ in self._freed])
        self.say(f"deleted {what}: {gib(sum(freed for _, freed in self._freed))} freed")

    def _renamed(self, session: str, name: str | None) -> None:
        """The list says so at once; the feed will have read it in a second."""
        rows = tuple(dataclasses.replace(row, name=name) if row.id == session else row for row in self.looked.rows)
        self.take(dataclasses.replace(self.looked, rows=rows))

    def _failed(self, session: str, reason: str) -> None:
        self.busy.pop(session, None)
        self.say(reason)

    def _no_comparison(self, screen: CompareScreen, reason: str) -> None:
        if screen.is_current:
            screen.dismiss()
        self.say(reason)

    def _do(self, deed: Callable[[], Any], done: Callable[[Any], object], failed: Callable[[str], object]) -> None:
        """Do it on a thread of its own; then say here how it went."""

        def work() -> None:
            try:
                result = deed()
            except (MlperfTuiError, OSError, ValueError) as error:
                self.app.call_from_thread(failed, str(error))
            else:
                self.app.call_from_thread(done, result)

        self.run_worker(work, thread=True)
