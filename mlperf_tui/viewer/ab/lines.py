"""The single lines: what is compared and how far it is, what is to be looked at, and the keys."""

from __future__ import annotations

import math

from rich.cells import cell_len
from textual.binding import ActiveBinding

from mlperf_tui.session.status import ENDED, LIVE
from mlperf_tui.viewer import format as fmt
from mlperf_tui.viewer.ab.pane import AbLine
from mlperf_tui.viewer.ab.picture import Picture
from mlperf_tui.viewer.ab.verdict import FAILED
from mlperf_tui.viewer.layout import WIDE
from mlperf_tui.viewer.panes.footer import fitting
from mlperf_tui.viewer.panes.header import SYMBOLS
from mlperf_tui.viewer.panes.rows import Look, Room, Row, row

FIRST = ("leave", "stop", "enlarge", "copy", "help")
"""The keys that come first in the last line, where not all fit."""

SHORT_ID = 17
"""Of e-20261124-091204-resnet50-k3f9 the part up to the time: a prefix is enough for every command."""

GOES_ON = ("stopped", "interrupted", "failed")


class AbHeader(AbLine):
    """Two lines: the workload, the factor and the state; the pair, what is being done, and the id."""

    def made(self, picture: Picture, room: Room) -> list[Row]:
        width = room.width - 2
        state = _state(picture)
        named = fmt.fit(_names(picture), width - len(state) - 2, " · ")
        if not named:
            return [row(f" {fmt.fit([state], width)}", Look.BOLD), self._second(picture, width)]
        return [row(f" {fmt.ends(named, state, width)}", Look.BOLD), self._second(picture, width)]

    def _second(self, picture: Picture, width: int) -> Row:
        """The first part is a sentence: shortened it still says more than the id's end."""
        first, *others = _progress(picture)
        for name in (picture.plan.id, picture.plan.id[:SHORT_ID]):
            if cell_len(first) + len(name) + 2 <= width:
                known = fmt.fit([first, *others], width - len(name) - 2, " · ")
                return row(f" {fmt.ends(known, name, width)}")
        return row(f" {fmt.shorten(first, width)}")


def _names(picture: Picture) -> list[str]:
    """What is run, and what varies: the arms as the table names them where there is room."""
    plan = picture.plan
    arms = f"{plan.factor}: {' | '.join(plan.arms)}"
    return [plan.workload, arms, f"'{plan.name}'" if plan.name else ""]


def _state(picture: Picture) -> str:
    word = SYMBOLS.get(picture.status.word, f"○ {picture.status.word}")
    return word if picture.elapsed_s is None else f"{word} {fmt.duration(picture.elapsed_s)}"


def _progress(picture: Picture) -> list[str]:
    """While it runs, the pair and the stage; then why it ended, where the verdict doesn't begin with that."""
    plan, stage = picture.plan, picture.stage
    if picture.status.word in ENDED:
        why = "" if picture.status.word in FAILED else picture.status.detail
        return [why or _pairs(picture)]
    if stage is None:
        return ["no pair has been started yet"]
    doing = stage.text if stage.pair is None else f"pair {stage.pair}: {stage.text}"
    since = " since it was continued" if picture.continued else ""
    limit = "" if math.isinf(plan.limit_s) else f"at most {fmt.duration(plan.limit_s)}{since}"
    return [doing, limit, f"{plan.most_pairs} pairs at most"]


def _pairs(picture: Picture) -> str:
    count = picture.held.ab.pairs if picture.held else 0
    return f"ended after {count or 'no'} whole pair{'' if count == 1 else 's'}"


class AbNotice(AbLine):
    """There only when something is to be said: an alarm, a failure, a runner that is gone."""

    def made(self, picture: Picture, room: Room) -> list[Row]:
        text, width, known = " · ".join(notices(picture)), room.width - 2, picture.plan.id
        if known in text and known not in fmt.shorten(text, width):
            text = text.replace(known, known[:SHORT_ID])
        return [row(f" {fmt.shorten(text, width)} ".ljust(room.width), Look.ALARM)] if text else []


def notices(picture: Picture) -> list[str]:
    """Everything that is to be said, the most urgent first."""
    state, alarms = picture.status, _alarms(picture)
    said = [*_goes_on(picture), *alarms] if state.ended else [*alarms, *_goes_on(picture)]
    return [*_left(picture), *said, *([picture.trouble] if picture.trouble else [])]


def _left(picture: Picture) -> list[str]:
    """That runs go on without their runner: it is of use to know before anything else is begun."""
    left = picture.left
    if not left:
        return []
    many = "a run of it still goes on" if len(left) == 1 else f"{len(left)} runs of it still go on"
    return [f"! {many} ({'S: stop' if picture.stoppable else 'stopping'})"]


def _alarms(picture: Picture) -> list[str]:
    if not picture.alarms:
        return []
    newest = picture.alarms[-1]
    more = f", and {len(picture.alarms) - 1} before" if len(picture.alarms) > 1 else ""
    return [f"! {fmt.local_time(newest.wall_ns)} {newest.text}{more} (a: seen)"]


def _goes_on(picture: Picture) -> list[str]:
    """How to go on with what has ended too early; what was refused would be refused again."""
    state = picture.status
    if state.word in GOES_ON and not (picture.held and picture.held.ab.refused):
        return [f"{state.word}; to go on: mlperf-tui ab --continue {picture.plan.id}"]
    return [] if state.word in (*LIVE, *ENDED) else [f"{state.word}: {state.detail}"]


class AbFooter(AbLine):
    """The keys in force, as many as fit whole; made from the bindings, so that it can't promise what isn't there."""

    def made(self, picture: Picture, room: Room) -> list[Row]:
        found = [one for one in self.screen.active_bindings.values() if one.binding.show and one.enabled]
        keys: dict[str, str] = {}
        for one in sorted(found, key=_rank):
            keys.setdefault(one.binding.description, self._said(one, picture, wide=room.width >= WIDE))
        return [row(f" {fitting(keys, room.width - 2)}", Look.DIM)]

    def _said(self, one: ActiveBinding, picture: Picture, *, wide: bool) -> str:
        goes_on = ", it goes on" if wide and one.binding.description == "leave" and picture.status.live else ""
        return f"{self.app.get_key_display(one.binding)} {one.binding.description}{goes_on}"


def _rank(one: ActiveBinding) -> int:
    said = one.binding.description
    return FIRST.index(said) if said in FIRST else len(FIRST)
