"""One long line as several: for what is printed, and for what a screen shows."""

from __future__ import annotations

import textwrap

LEAST = 2
"""Columns by which a line goes on further in, where there is no room for more."""


def wrap(line: str, width: int, indent: int = LEAST) -> list[str]:
    """The line in lines of at most `width` columns, broken between words; all but the first begin at `indent`.

    An indent that takes more than half of the width is made small. A word that is too long stays whole, for copying.
    """
    if len(line) <= width:
        return [line]
    further = " " * (indent if indent <= width // 2 else LEAST)
    return textwrap.wrap(
        line, width, subsequent_indent=further, break_long_words=False, break_on_hyphens=False, tabsize=1
    )
