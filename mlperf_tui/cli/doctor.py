"""`doctor`: what this machine can and cannot show."""

from __future__ import annotations

import shutil
from pathlib import Path

import click

from mlperf_tui.cli.look import has_screen
from mlperf_tui.cli.say import say


@click.command()
@click.option("--format", "style", type=click.Choice(("text", "json")), default="text", show_default=True)
@click.option("--python", metavar="PATH", help="The Python whose torch is asked, when it isn't this one.")
@click.pass_obj
def doctor(root: Path, style: str, python: str | None) -> None:
    """What this machine can and cannot show, with a remedy for each.

    It takes the readings that a recorder takes, changes nothing, and exits with 0 whatever it finds.
    """
    from mlperf_tui.doctor import examine
    from mlperf_tui.report.doctor import to_json, to_text

    found = examine(root, python, has_screen=has_screen())
    if style == "json":
        click.echo(to_json(found))
    else:
        say(to_text(found, shutil.get_terminal_size().columns))
