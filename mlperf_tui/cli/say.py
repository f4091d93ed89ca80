"""What is printed for a person, in signs that the terminal has."""

from __future__ import annotations

import click


def say(text: str, *, err: bool = False) -> None:
    """A line or several, in ASCII where the locale is not UTF-8. What a program takes in is echoed instead."""
    from mlperf_tui.report.plain import plain, utf8

    click.echo(text if utf8() else plain(text), err=err)
