"""Reads the output further back than a snapshot holds, and filters it. Blocks: to be called on a worker's thread."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import accumulate, islice, takewhile
from pathlib import Path

from mlperf_tui.frozen import frozen
from mlperf_tui.session.runs import line_start
from mlperf_tui.session.search import Found, Line
from mlperf_tui.session.searching import STEPS, Searcher

MLLOG = ":::MLLOG"
"""Such a line is told as an event, in words: only a filter shows it."""

NOT_MLLOG = re.compile(rf"\A(?!.*{MLLOG})")
STEP_BYTES = 8 << 20
"""So much is read before the screen hears of it: a tenth of a second or so."""

FOLLOW_BYTES = 64 << 20
"""When the end has moved on by more, it is read back from there, rather than all that lies between."""

MOST_LINES = 20_000
MOST_CHARACTERS = 16_000_000
"""So much is held; to read on from there, one looks back or filters."""


@frozen
class Passage:
    """The lines that match `expression` (None for all that the pane shows) from byte `oldest` up to byte `end`.

    From byte `newest` on there is at most an unfinished line. It is `full` when no older lines are taken any more.
    """

    expression: str | None
    lines: tuple[Line, ...]
    oldest: int
    newest: int
    end: int
    full: bool = False

    @property
    def goes_back(self) -> bool:
        """Whether there may be older lines, and room for them."""
        return self.oldest > 0 and not self.full


class OutputReader:
    """The output of one session. Every call reads one step and gives a new passage.

    With an expression, each may raise TooSlow, and Stopped after `stop`.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._searcher = Searcher()

    def size(self) -> int:
        """Bytes that there are now."""
        try:
            return self._path.stat().st_size
        except OSError:
            return 0

    def open(self, expression: str | None, end: int | None, count: int) -> Passage:
        """The last `count` lines before byte `end` (of the file, if None), as far as a step finds them."""
        last = self.size() if end is None else end
        begin = line_start(self._path, last)
        return self.follow(self.back(Passage(expression, (), begin, begin, begin), count), last)

    def back(self, passage: Passage, count: int) -> Passage:
        """With up to `count` older lines, as far as a step finds them."""
        found = self._step("older", passage, before=passage.oldest, count=min(count, MOST_LINES - len(passage.lines)))
        return _limited(replace(passage, lines=found.lines + passage.lines, oldest=found.reached))

    def follow(self, passage: Passage, end: int) -> Passage:
        """The passage up to byte `end`, be it later or earlier than before; opened anew where that lies far off."""
        if not passage.oldest <= end <= passage.newest + FOLLOW_BYTES:
            return self.open(passage.expression, end, max(1, len(passage.lines)))
        after = min(passage.newest, line_start(self._path, end))
        kept = tuple(line for line in passage.lines if line.offset < after)
        found = self._step("newer", passage, after=after, end=end, count=MOST_LINES)
        read_to = end if found.ended else found.reached
        return _limited(replace(passage, lines=kept + found.lines, newest=found.reached, end=read_to))

    def stop(self) -> None:
        """End the search that is going on, if one is. Safe from any thread, and reading can go on after it."""
        self._searcher.stop()

    def _step(self, way: str, passage: Passage, **numbers: int) -> Found:
        if passage.expression is not None:
            return self._searcher.ask(way, self._path, passage.expression, budget_bytes=STEP_BYTES, **numbers)
        return STEPS[way](self._path, pattern=NOT_MLLOG, budget_bytes=STEP_BYTES, **numbers)


def _limited(passage: Passage) -> Passage:
    """With the newest lines only, where there are more than may be held."""
    characters = accumulate(len(line.text) for line in reversed(passage.lines))
    count = sum(1 for _ in takewhile(lambda total: total <= MOST_CHARACTERS, islice(characters, MOST_LINES)))
    if count == len(passage.lines) < MOST_LINES:
        return replace(passage, full=False)
    lines = passage.lines[-count:]
    return replace(passage, lines=lines, oldest=lines[0].offset, full=True)
