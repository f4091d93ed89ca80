"""The commands on sessions: watch, list, stop, rename, rm, prune, summary."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mlperf_tui.cli.experiments import find_either, progress, say_report
from mlperf_tui.cli.experiments import watch as watch_experiment
from mlperf_tui.cli.look import choose, has_screen, say_summary, watch_lines
from mlperf_tui.cli.look import watch as look_at
from mlperf_tui.cli.options import age_s, complete_session, headless_option, mouse_option, session_argument
from mlperf_tui.cli.say import say
from mlperf_tui.errors import MlperfTuiError

if TYPE_CHECKING:
    from mlperf_tui.session.experiments import Either, ExperimentFolder


@click.command()
@session_argument
@headless_option
@mouse_option
@click.pass_obj
def watch(root: Path, session: str, headless: bool, mouse: bool) -> int:
    """Look at a session or an experiment, running or ended. Leaving it never stops the run."""
    from mlperf_tui.session.experiments import ExperimentFolder

    folder = find_either(root, session)
    on_screen = has_screen() and not headless
    if isinstance(folder, ExperimentFolder):
        if on_screen:
            watch_experiment(folder, mouse=mouse)
        else:
            progress(folder, "text", stop_on_signals=False)
    elif on_screen:
        look_at(folder, mouse=mouse)
    else:
        watch_lines(folder)
    return 0


@click.command("list")
@click.option("--plain", is_flag=True, help="Lines of a table, newest last; the default without a terminal.")
@click.option("--all", "unfolded", is_flag=True, help="Also the runs of each experiment, under it.")
@mouse_option
@click.pass_obj
def list_(root: Path, plain: bool, unfolded: bool, mouse: bool) -> None:
    """All sessions and experiments: to open, stop, rename, delete, or hold two side by side."""
    if not plain and has_screen():
        choose(root, unfolded=unfolded, mouse=mouse)
        return
    from mlperf_tui.report.listing import listing

    say("\n".join(listing(root, unfolded=unfolded)))


@click.command()
@session_argument
@click.pass_obj
def stop(root: Path, session: str) -> None:
    """End a run, politely first.

    Firmly after the grace that it was started with.
    """
    from mlperf_tui import launch
    from mlperf_tui.session.experiments import ExperimentFolder
    from mlperf_tui.session.status import status

    folder = find_either(root, session)
    if isinstance(folder, ExperimentFolder):
        if _left_ended(folder):
            return
        launch.stop_experiment(folder)
    else:
        launch.stop(folder)
    patience_s = folder.plan().grace_s + 15
    if not launch.wait(folder, patience_s):
        raise MlperfTuiError(f"{folder.id} has not ended yet: look at it with `mlperf-tui watch {folder.id}`")
    say(f"{folder.id} {status(folder).word}")


def _left_ended(experiment: ExperimentFolder) -> bool:
    """Whether its runner was gone and runs went on: they are ended, and named."""
    from mlperf_tui.launch.ending import end_left

    left = end_left(experiment)
    if left:
        many = "1 run" if len(left) == 1 else f"{len(left)} runs"
        say(f"{experiment.id}: its runner was gone and {many} still went; ended {', '.join(run.id for run in left)}")
    return bool(left)


@click.command()
@click.argument("session", shell_complete=complete_session)
@click.argument("name")
@click.pass_obj
def rename(root: Path, session: str, name: str) -> None:
    """Give a session another name.

    An empty one ("") takes its name away.
    """
    from mlperf_tui.report.rename import rename as give_name

    folder = find_either(root, session)
    give_name(folder, name.strip() or None)
    say(f"{folder.id} is called {name.strip()}" if name.strip() else f"{folder.id} has no name")


@click.command()
@click.argument("sessions", nargs=-1, required=True, metavar="SESSION…", shell_complete=complete_session)
@click.pass_obj
def rm(root: Path, sessions: tuple[str, ...]) -> None:
    """Delete sessions that have ended, and experiments with their sessions."""
    from mlperf_tui.session.remove import remove

    for folder in _each_once(root, sessions):
        remove(folder)
        say(f"deleted {folder.id}")


def _each_once(root: Path, names: tuple[str, ...]) -> list[Either]:
    """All that is meant, found before anything is deleted; a run goes with its experiment where that is named too."""
    from mlperf_tui.session.experiments import ExperimentFolder

    found = {folder.id: folder for folder in (find_either(root, name) for name in names)}
    parts = {run.id for one in found.values() if isinstance(one, ExperimentFolder) for run in one.sessions()}
    return [folder for folder in found.values() if folder.id not in parts]


@click.command()
@click.option("--older-than", required=True, metavar="AGE", help="Such as 30d, 12h or 2w.")
@click.option("--dry-run", is_flag=True, help="Only say what would be deleted.")
@click.pass_obj
def prune(root: Path, older_than: str, dry_run: bool) -> None:
    """Delete old sessions and experiments that have ended, and say how much that frees."""
    from mlperf_tui.report.listed import counted
    from mlperf_tui.report.numbers import gib
    from mlperf_tui.session.experiments import ExperimentFolder
    from mlperf_tui.session.remove import older, remove, size

    found = older(root, time.time() - age_s(older_than))
    freed = 0
    for folder in found:
        size_bytes = size(folder) if dry_run else remove(folder)
        freed += size_bytes
        say(f"{'would delete' if dry_run else 'deleted'} {folder.id}  {gib(size_bytes)}")
    if found:
        experiments = sum(isinstance(folder, ExperimentFolder) for folder in found)
        many = counted(len(found) - experiments, experiments)
        say(f"{many}, {gib(freed)} {'would be freed' if dry_run else 'freed'}")
    else:
        say(f"nothing that has ended is older than {older_than}", err=True)


@click.command()
@session_argument
@click.option("--format", "style", type=click.Choice(("text", "json", "markdown")), default="text", show_default=True)
@click.pass_obj
def summary(root: Path, session: str, style: str) -> None:
    """What a session came to.

    As text, as JSON, or as Markdown for a pull request; also of a session that failed or still runs.
    """
    from mlperf_tui.session.experiments import ExperimentFolder

    folder = find_either(root, session)
    if isinstance(folder, ExperimentFolder):
        say_report(folder, style)
    else:
        say_summary(folder, style)
