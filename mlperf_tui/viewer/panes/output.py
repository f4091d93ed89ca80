"""What the program printed, from its end back to its start; on a narrow screen with the last events above it."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.message import Message

from mlperf_tui.session.search import Line, compiled
from mlperf_tui.session.searching import Stopped, TooSlow
from mlperf_tui.viewer.output_reader import MLLOG, OutputReader, Passage
from mlperf_tui.viewer.panes import output_note
from mlperf_tui.viewer.panes.events import event_rows
from mlperf_tui.viewer.panes.output_rows import OutputRows
from mlperf_tui.viewer.panes.pane import ScrollPane, empty
from mlperf_tui.viewer.panes.rows import Content, Look, Room, Row, row
from mlperf_tui.viewer.snapshot import Snapshot

LOAD_LINES = 400
"""So many older lines are read at a time."""

LEAST_WITH_EVENTS = 4
"""In fewer lines there is room for what is printed, and no more."""

FAR = 1 << 30
PROMPT = "filter, a capital makes case count:"
HINT = "empty shows all, esc leaves it"
NO_EXPRESSION = (re.error, OverflowError, RecursionError)


class Read(Message):
    """The answer to the `question`th question, from the reader's thread: a passage, or why there is none."""

    def __init__(self, question: int, passage: Passage | None, problem: str = "") -> None:
        super().__init__()
        self.question = question
        self.passage = passage
        self.problem = problem


class Output(ScrollPane):
    """Follows the end. Scrolled up it stands still, until it is scrolled down again.

    All that needs the file, and all matching, is the reader's, on a thread; one question is on its way at a time.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "clear_filter", "all output", tooltip="show all output again", show=False),
        Binding("w", "wrap", "wrap", tooltip="wrap long lines of the output, or cut them", show=False),
        Binding("less_than_sign", "columns(-1)", "left", key_display="<", tooltip="output: to the left", show=False),
        Binding(
            "greater_than_sign", "columns(1)", "right", key_display=">", tooltip="output: to the right", show=False
        ),
        Binding("g", "to_start", "start", tooltip="output: to the oldest line that is loaded", show=False),
        Binding("G", "to_end", "end", key_display="G", tooltip="output: to the end, and follow it", show=False),
    ]

    title = "Output"
    from_end = True

    def __init__(self, *, ascii_only: bool = False, reader: OutputReader | None = None) -> None:
        super().__init__(ascii_only=ascii_only)
        self.events_above = False
        self.reader = reader
        self._held: Snapshot | None = None
        self._expression: str | None = None
        self._passage: Passage | None = None
        self._problem = ""
        self._asked = 0
        self._waits = False
        self._wrap = False
        self._column = 0
        self._rows_above = self._page = 0

    def content(self, snapshot: Snapshot, room: Room) -> Content:
        self._hold(snapshot)
        head = self._head(snapshot, room)
        rows = self._output_rows(room.width)
        self._page = max(0, room.height - len(head))
        self._rows_above = max(0, len(rows) - self._page - self.offset_rows)
        return Content(self._note(), head, rows if len(rows) else empty(output_note.nothing(self._state())))

    def note(self, content: Content, room: Room) -> str:
        where = super().note(Content("", content.head, content.body), room)
        return " · ".join(filter(None, (where, content.note)))

    def details(self, snapshot: Snapshot) -> list[str]:
        size = "" if snapshot.output_end is None else f", {snapshot.output_end / 2**20:,.1f} MiB"
        return [f"what the program printed on stdout and stderr, from output.log{size}"]

    def show(self, snapshot: Snapshot) -> None:
        """Where the cursor in time went back, what was being read isn't there any more."""
        end, held = snapshot.output_end, self._held.output_end if self._held else None
        if end is not None and held is not None and end < held:
            self.offset_rows = 0
        super().show(snapshot)

    def draw(self) -> None:
        super().draw()
        if not self._waits and self.reader and self.snapshot and (question := self._question(self.reader)):
            self._waits = True
            self._asked += 1
            self.run_worker(partial(self._answer, self._asked, question), thread=True, group="output")

    def on_read(self, message: Read) -> None:
        if message.question == self._asked:
            self._waits = False
            self._passage = message.passage or self._passage
            self._problem = message.problem
            self.draw()

    def on_unmount(self) -> None:
        self._drop()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:  # noqa: ARG002
        """A key is there when it does something."""
        return {"clear_filter": self._expression is not None, "columns": not self._wrap}.get(action, True)

    def action_filter(self) -> None:
        """Ask for an expression, where there is a file to search."""
        if self.reader is None:
            return
        from mlperf_tui.viewer.screens.ask import AskScreen  # noqa: PLC0415  not for the first picture

        self.app.push_screen(AskScreen(PROMPT, self._expression or "", HINT, _refusal), self._take_filter)

    def action_clear_filter(self) -> None:
        self._take_filter("")

    def action_wrap(self) -> None:
        """The last line in view stays the last."""
        width = self.size.width
        rows = self._output_rows(width)
        last = rows.line_of(len(rows) - 1 - self.offset_rows) if len(rows) else 0
        self._wrap, self._column = not self._wrap, 0
        rows = self._output_rows(width)
        self.offset_rows = len(rows) - 1 - rows.last_row_of(last) if self.offset_rows else 0
        self._redraw()

    def action_columns(self, way: int) -> None:
        """By half the pane, as far as there is text."""
        longest = max((len(line.text) for line in self._lines()), default=0)
        step = max(1, self.size.width // 2)
        self._column = max(0, min(self._column + way * step, longest - 1))
        self.draw()

    def action_scroll_page(self, pages: int) -> None:
        """A line of the page before stays in view."""
        self.action_scroll_rows(pages * max(1, self._page - 1))

    def action_to_start(self) -> None:
        self.action_scroll_rows(-FAR)

    def action_to_end(self) -> None:
        self.action_scroll_rows(FAR)

    def _take_filter(self, text: str | None) -> None:
        if text is not None:
            self._drop()
            self._expression = text or None
            self.offset_rows = 0
            self._redraw()

    def _drop(self) -> None:
        """What was read is no longer wanted, nor what is being read."""
        self._passage, self._problem, self._waits = None, "", False
        self._asked += 1
        if self.reader:
            self.reader.stop()

    def _redraw(self) -> None:
        self.refresh_bindings()
        self.draw()

    def _hold(self, snapshot: Snapshot) -> None:
        self._held = (self._held or snapshot) if self.offset_rows else None
        if not self.offset_rows and self._expression is None and (self._passage or self._waits):
            self._drop()

    def _lines(self) -> tuple[Line, ...]:
        if self._passage is not None or self._expression is not None:
            return self._passage.lines if self._passage else ()
        shown = self._held or self.snapshot
        return tuple(Line(0, line) for line in shown.output if MLLOG not in line) if shown else ()

    def _output_rows(self, width: int) -> OutputRows:
        return OutputRows(self._lines(), width, self._wrap, self._column)

    def _content(self, snapshot: Snapshot, room: Room) -> Content:
        """Details stand above: at the end is what is being printed."""
        return self.content(snapshot, room)

    def _head(self, snapshot: Snapshot, room: Room) -> list[Row]:
        above = self.events_above and not self.enlarged and room.height >= LEAST_WITH_EVENTS
        head = event_rows(snapshot.events, room.width, room.height // 3) if above else []
        told = [row(f" {text}", Look.DIM) for text in self.details(snapshot)] if self.enlarged else []
        return [*told, *head, row(" – printed –")] if head else told

    def _question(self, reader: OutputReader) -> Callable[[], Passage] | None:
        """What to read next: what is newer comes first, then older lines, as long as there isn't a page above."""
        if self._problem or (self._expression is None and not self.offset_rows):
            return None
        passage, shown = self._passage, self._held or self.snapshot
        end = shown.output_end if shown else None
        if passage is None:
            above = self._expression is not None or self._rows_above < self._page
            return partial(reader.open, self._expression, end, 2 * LOAD_LINES) if above else None
        if end is not None and end != passage.end:
            return partial(reader.follow, passage, end)
        if self._rows_above < self._page and passage.goes_back:
            return partial(reader.back, passage, LOAD_LINES)
        return None

    def _answer(self, question: int, read: Callable[[], Passage]) -> None:
        """On a thread."""
        try:
            self.post_message(Read(question, read()))
        except TooSlow as error:
            self.post_message(Read(question, None, str(error)))
        except (Stopped, OSError):
            self.post_message(Read(question, None, "the search stopped: filter again"))

    def _note(self) -> str:
        """What is shown, and where long lines begin: in parts, of which the title takes as many as fit."""
        column = f"from column {self._column + 1}" if self._column else ""
        parts = [*output_note.found(self._state()), column, "wrapped" if self._wrap else ""]
        return " · ".join(filter(None, parts))

    def _state(self) -> output_note.State:
        goes_on = self._rows_above < self._page
        return output_note.State(self._expression, self._passage, self._problem, goes_on=goes_on)


def _refusal(text: str) -> str | None:
    """Why it is no regular expression, in a short sentence."""
    try:
        compiled(text)
    except NO_EXPRESSION as error:
        return str(error)
    return None
