"""What is printed for a person, in signs that the terminal has."""

from __future__ import annotations

import re
import shutil
import sys

import click

LABEL = re.compile(r"\s*\S+(?: \S+)*  +")
"""A row's first column, with the spaces behind it."""


def say(text: str, *, err: bool = False) -> None:
    """A line or several, in ASCII where the locale is not UTF-8. What a program takes in is echoed instead."""
    from mlperf_tui.report.plain import plain, utf8

    click.echo(text if utf8() else plain(text), err=err)


def columns() -> int | None:
    """How wide the terminal is that it is printed to; None for a file or a pipe."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else None


def say_rows(text: str) -> None:
    """Rows of a label and its text: a terminal that is too narrow gets them wrapped, a file or a pipe as they are."""
    width = columns()
    say(text if width is None else "\n".join(wrapped(line, width) for line in text.splitlines()))


def wrapped(row: str, width: int) -> str:
    """The row in lines of at most `width` columns, broken between words and going on below its own text.

    A command stays whole: broken, it could not be pasted.
    """
    from mlperf_tui.report.wrap import wrap

    if row.startswith("command"):
        return row
    label = LABEL.match(row)
    return "\n".join(wrap(row, width, label.end()) if label else wrap(row, width))
