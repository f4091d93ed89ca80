"""The panes of the sessions screen: what is where, the table, more about the chosen session, and the keys."""

from __future__ import annotations

from textual import events
from textual.binding import ActiveBinding
from textual.message import Message

from mlperf_tui.report.listed import Listed, counted
from mlperf_tui.report.numbers import gib
from mlperf_tui.viewer import format as fmt
from mlperf_tui.viewer.panes.pane import Lines, empty
from mlperf_tui.viewer.panes.rows import Look, Room, Row, row
from mlperf_tui.viewer.sessions import columns
from mlperf_tui.viewer.sessions.model import Picture

WHEEL_ROWS = 3
FIRST = ("leave", "help", "open", "stop", "compare", "delete", "rename", "runs", "mark", "filter", "order")
"""The order of the keys in the last line: what doesn't fit is left out from its end."""


class Board(Lines):
    """A pane that draws a picture of all sessions rather than a snapshot of one."""

    picture = Picture()

    def paint(self, picture: Picture, room: Room) -> list[Row]:
        """The rows, as many as fit."""
        raise NotImplementedError

    def show_picture(self, picture: Picture) -> None:
        """Draw this picture: rows that stay as they were aren't touched."""
        self.picture = picture
        self.draw()

    def rows(self) -> list[Row]:
        room = Room(self.size.width, self.size.height)
        return self.paint(self.picture, room)[: room.height] if self.size else []


class Title(Board):
    """The first line: how much there is and where, how many run, what is shown of it in which order."""

    def paint(self, picture: Picture, room: Room) -> list[Row]:
        sessions = picture.known - picture.experiments - picture.folded
        found = counted(sessions, picture.experiments) or "0 sessions"
        running = f"{picture.live} running" if picture.live else ""
        reading = f"reading {picture.total:,} …" if picture.total and picture.total > picture.known else ""
        wanted = f"{len(picture.rows)} with '{picture.view.wanted}'" if picture.view.wanted else ""
        parts = [found, reading, running, wanted, _marks(picture), f"by {picture.view.sort}", picture.place]
        return [row(f" {fmt.fit([part for part in parts if part], room.width - 2, ' · ')}", Look.BOLD)]


def _marks(picture: Picture) -> str:
    marked = len(picture.view.marked)
    return f"{marked} marked" if marked else ""


class Table(Board, can_focus=True):
    """A line each. The cursor is always in view; a click points at a row, or opens the one pointed at."""

    class Pointed(Message):
        """A row was pointed at; `opens` says that the cursor was there already."""

        def __init__(self, index: int, *, opens: bool = False) -> None:
            super().__init__()
            self.index = index
            self.opens = opens

    def __init__(self, *, ascii_only: bool = False) -> None:
        super().__init__(ascii_only=ascii_only)
        self.first = 0

    @property
    def page(self) -> int:
        """Lines that fit below the headings."""
        return max(1, self.size.height - 1)

    def paint(self, picture: Picture, room: Room) -> list[Row]:
        if not picture.rows:
            return _nothing(picture)
        self.first = max(picture.index - self.page + 1, min(self.first, picture.index))
        self.first = max(0, min(self.first, len(picture.rows) - self.page))
        fitting = columns.fitting(room.width, [one.precision or "" for one in picture.rows])
        experiments = {one.id for one in picture.rows if one.runs is not None}
        marks = {session: place for place, session in enumerate(picture.view.marked, 1)}
        return [
            columns.headings(fitting, columns.gap(room.width)),
            *(
                columns.table_row(
                    one,
                    fitting,
                    columns.gap(room.width),
                    picture.now_s,
                    cursor=at == picture.index,
                    mark=marks.get(one.id, 0),
                    under=one.experiment in experiments,
                )
                for at, one in self._in_view(picture)
            ),
        ]

    def _in_view(self, picture: Picture) -> list[tuple[int, Listed]]:
        return list(enumerate(picture.rows))[self.first : self.first + self.page]

    def on_click(self, event: events.Click) -> None:
        index = self.first + event.y - 1
        if event.y > 0 and index < len(self.picture.rows):
            self.post_message(self.Pointed(index, opens=index == self.picture.index))

    def on_mouse_scroll_down(self) -> None:
        self._wheel(WHEEL_ROWS)

    def on_mouse_scroll_up(self) -> None:
        self._wheel(-WHEEL_ROWS)

    def _wheel(self, rows: int) -> None:
        """The table moves; the cursor comes along only where it would go out of view."""
        self.first = max(0, min(self.first + rows, len(self.picture.rows) - self.page))
        index = max(self.first, min(self.picture.index, self.first + self.page - 1))
        self.post_message(self.Pointed(index))


def _nothing(picture: Picture) -> list[Row]:
    if picture.view.wanted:
        return empty(f"no session with '{picture.view.wanted}': esc shows all")
    return empty(picture.empty if picture.total == 0 else "reading …")


class Detail(Board):
    """Two lines on what the cursor is on; what is to be said once comes in place of the second."""

    def paint(self, picture: Picture, room: Room) -> list[Row]:
        chosen = picture.current
        where = [f"{picture.index + 1} of {len(picture.rows):,}", *_about(picture)] if chosen else []
        told = picture.said or (" · ".join(filter(None, (chosen.silence, chosen.detail))) if chosen else "")
        first = row(f" {fmt.fit(where, room.width - 2, ' · ')}", Look.DIM)
        look = Look.ALARM if picture.said else Look.PLAIN
        return [first, row(f" {fmt.shorten(told, room.width - 2)} " if told else "", look)]


def _about(picture: Picture) -> list[str]:
    """What the columns may have no room for."""
    chosen = picture.current
    if chosen is None:
        return []
    started = "" if chosen.started_s is None else f"started {fmt.local_date(int(chosen.started_s * 1e9))}"
    lasted = "" if chosen.lasted_s is None else f"lasted {fmt.duration(chosen.lasted_s)}"
    of = f"pair {chosen.pair} of {chosen.experiment}" if chosen.experiment else ""
    arms = "" if chosen.runs is None else f"{chosen.precision or ''} in {counted(chosen.runs, 0) or 'no session'}"
    parts = [chosen.id, chosen.name, arms.strip(), of, started, lasted, gib(chosen.size_bytes), chosen.note]
    return [part for part in parts if part]


class Keys(Board):
    """The last line: the keys that matter most, as many as fit whole; made from the bindings in force."""

    def paint(self, picture: Picture, room: Room) -> list[Row]:  # noqa: ARG002
        bindings = self.screen.active_bindings.values()
        shown = sorted((one for one in bindings if one.binding.show and one.enabled), key=_importance)
        first: dict[str, str] = {}
        for one in shown:
            first.setdefault(one.binding.description, self.app.get_key_display(one.binding))
        keys = [f"{key} {description}" for description, key in first.items()]
        return [row(f" {fmt.fit(keys, room.width - 2)}", Look.DIM)]


def _importance(active: ActiveBinding) -> int:
    said = active.binding.description
    return FIRST.index(said) if said in FIRST else len(FIRST)
