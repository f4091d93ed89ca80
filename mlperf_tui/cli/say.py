"""What is printed for a person, in signs that the terminal has."""

from __future__ import annotations

import re
import shutil
import sys
import textwrap

import click

LABEL = re.compile(r"\s*\S+(?: \S+)*  +")
"""A row's first column, with the spaces behind it."""


def say(text: str, *, err: bool = False) -> None:
    """A line or several, in ASCII where the locale is not UTF-8. What a program takes in is echoed instead."""
    from mlperf_tui.report.plain import plain, utf8

    click.echo(text if utf8() else plain(text), err=err)


def say_rows(text: str) -> None:
    """Rows of a label and its text: a terminal that is too narrow gets them wrapped, a file or a pipe as they are."""
    width = shutil.get_terminal_size().columns
    say("\n".join(wrapped(line, width) for line in text.splitlines()) if sys.stdout.isatty() else text)


def wrapped(row: str, width: int) -> str:
    """The row in lines of at most `width` columns, broken between words and going on below its own text.

    A command stays whole: broken, it could not be pasted.
    """
    if len(row) <= width or row.startswith("command"):
        return row
    label = LABEL.match(row)
    indent = label.end() if label and label.end() <= width // 2 else 2
    return textwrap.fill(
        row, width, subsequent_indent=" " * indent, break_long_words=False, break_on_hyphens=False, tabsize=1
    )
