"""Lines of a large output, searched in steps backwards or forwards from any byte: never more in memory than a block."""

from __future__ import annotations

import re
from pathlib import Path

from mlperf_tui.frozen import frozen
from mlperf_tui.session.output import clean
from mlperf_tui.session.runs import BREAK, LINE_BYTES, Run, opened, runs_ahead, runs_back

SPANS = 100
"""So many matches of a line are shown."""

LITERAL = re.compile(r"[A-Za-z0-9 _:=/%,-]+")
"""An expression that stands for itself."""

PLAIN = bytes(range(0x20, 0x7F)) + BREAK
"""What is shown as it was printed."""


@frozen
class Line:
    """A line as it is shown: where it begins in the file, and which characters of it match."""

    offset: int
    text: str
    spans: tuple[tuple[int, int], ...] = ()


@frozen
class Found:
    """What a step found, in the order of the file. The next step begins at byte `reached`, unless it has `ended`."""

    lines: tuple[Line, ...]
    reached: int
    ended: bool


def compiled(expression: str) -> re.Pattern[str]:
    """The expression, ready. Case counts only where it has a capital letter, of which a class is none.

    Raises re.error, OverflowError or RecursionError where it is none.
    """
    capital = any(letter.isupper() for letter in re.sub(r"\\.", "", expression))
    return re.compile(expression, 0 if capital else re.IGNORECASE)


def older(path: Path, before: int, pattern: re.Pattern[str] | None, count: int, budget_bytes: int) -> Found:
    """The last `count` matching lines before a byte where a line begins (or the file ends).

    About `budget_bytes` are read, and at least a block. Lines are matched as they are shown; empty ones never match.
    Holes are skipped, and count as the end of a line. Where there is no file, nothing is found.
    """
    lines: list[Line] = []
    left = budget_bytes
    with opened(path) as file:
        for run in runs_back(file, before):
            lines[:0] = _matching(run, pattern)
            if len(lines) >= count:
                return Found(tuple(lines[-count:]), lines[-count].offset, ended=False)
            left -= run.end - run.start
            if left <= 0 < run.start:
                return Found(tuple(lines), run.start, ended=False)
    return Found(tuple(lines), 0, ended=True)


def newer(path: Path, after: int, end: int, pattern: re.Pattern[str] | None, count: int, budget_bytes: int) -> Found:
    """The first `count` matching lines between two bytes, at the first of which a line begins; else as `older`.

    An unfinished last line is among them, but `reached` stays before it, so that the next step reads it again.
    """
    lines: list[Line] = []
    left, reached = budget_bytes, after
    with opened(path) as file:
        for run in runs_ahead(file, after, end):
            lines += _matching(run, pattern)
            if len(lines) > count:
                return Found(tuple(lines[:count]), lines[count].offset, ended=False)
            reached = run.end if run.raw.endswith(BREAK) else run.start
            left -= run.end - run.start
            if left <= 0 and reached == run.end:
                return Found(tuple(lines), reached, ended=False)
    return Found(tuple(lines), reached, ended=True)


def _matching(run: Run, pattern: re.Pattern[str] | None) -> list[Line]:
    """The lines of a run that match and aren't empty."""
    found: list[Line] = []
    offset = run.start
    if not _may_match(run.raw, pattern):
        return found
    for raw in run.raw.split(BREAK):
        if raw:
            text = _shown(raw)
            if (pattern is None or pattern.search(text)) and text.strip():
                found.append(Line(offset, text, _spans(text, pattern)))
        offset += len(raw) + 1
    return found


def _may_match(raw: bytes, pattern: re.Pattern[str] | None) -> bool:
    """Whether to look at each line: plain ASCII without the literal that is searched is done with at once."""
    if pattern is None or not LITERAL.fullmatch(pattern.pattern) or raw.translate(None, PLAIN):
        return True
    literal = pattern.pattern.encode()
    return literal.lower() in raw.lower() if pattern.flags & re.IGNORECASE else literal in raw


def _shown(raw: bytes) -> str:
    """The line as it is shown. What is printable needs no cleaning, and most lines are."""
    text = raw[-LINE_BYTES:].decode("utf-8", "replace")
    return text if text.isprintable() else clean(text)


def _spans(text: str, pattern: re.Pattern[str] | None) -> tuple[tuple[int, int], ...]:
    if pattern is None:
        return ()
    return tuple(match.span() for match, _ in zip(pattern.finditer(text), range(SPANS), strict=False) if match.group())
