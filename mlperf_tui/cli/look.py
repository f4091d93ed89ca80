"""What the commands show: a session on the screen or as lines, its summary, the list of all."""

from __future__ import annotations

import gc
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mlperf_tui.cli.say import say, say_rows
from mlperf_tui.errors import MlperfTuiError

if TYPE_CHECKING:
    from mlperf_tui.session.folder import Folder

TOOL_ERROR = MlperfTuiError.exit_code


def find(root: Path, session: str) -> Folder:
    """The session that is meant. Raises NotFound else."""
    from mlperf_tui.session import folder

    return folder.find(root, session)


def has_screen() -> bool:
    """Whether there is a terminal that can show one."""
    return sys.stdin.isatty() and sys.stdout.isatty() and os.environ.get("TERM", "dumb") != "dumb"


def progress(folder: Folder) -> int:
    """Plain lines until it ends, then the summary; the exit code for the shell."""
    from mlperf_tui import headless

    say(f"{folder.id} in {folder.path}")
    headless.follow(folder, say, stop_on_signals=True)
    say_summary(folder, "text")
    return exit_code(folder)


def watch_lines(folder: Folder) -> None:
    """How it is, at once; then plain lines until it ends, and the summary. INT ends the watching, not the run."""
    from mlperf_tui import headless, launch

    folder.plan()
    try:
        say(headless.opening(folder))
        launch.ensure_recorded(folder)
        headless.follow(folder, say)
    except KeyboardInterrupt:
        say_left(folder)
    else:
        say_summary(folder, "text")


def choose(root: Path, *, unfolded: bool, mouse: bool) -> None:
    """The list, then what was opened, then the list again as it was, until the user leaves."""
    from mlperf_tui.session.folder import sessions
    from mlperf_tui.viewer.sessions import View
    from mlperf_tui.viewer.sessions import choose as ask

    sessions(root)
    choice, said = ask(root, View(unfolded=unfolded), mouse=mouse), ""
    while choice.open is not None:
        try:
            if _open(root, choice.open, mouse=mouse):
                return
        except MlperfTuiError as error:
            said = str(error)
        choice, said = ask(root, choice.view, said=said, mouse=mouse), ""


def _open(root: Path, known: str, *, mouse: bool) -> bool:
    """A session or an experiment until the user leaves it. Whether that was because the terminal is gone."""
    from mlperf_tui.cli.experiments import find_either
    from mlperf_tui.launch import stop_experiment
    from mlperf_tui.session.experiments import ExperimentFolder

    folder = find_either(root, known)
    if not isinstance(folder, ExperimentFolder):
        return show(folder, mouse=mouse)
    from mlperf_tui.viewer.ab import watch as watch_experiment

    folder.plan()
    return watch_experiment(folder, lambda: stop_experiment(folder), mouse=mouse)


def watch(folder: Folder, *, mouse: bool) -> None:
    """The screen, and once it is left what became of the run."""
    if not show(folder, mouse=mouse):
        say_left(folder)


def say_left(folder: Folder) -> None:
    """What became of the run that was watched until now."""
    from mlperf_tui.session.status import status

    if status(folder).live:
        say(f"{folder.id} runs on. To come back: mlperf-tui watch {folder.id}")
    else:
        say_summary(folder, "text")


def show(folder: Folder, *, mouse: bool) -> bool:
    """Look at a session until the user leaves it. Whether that was because the terminal is gone.

    While the room is loaded, which makes no garbage, none is looked for: the first picture comes some 15 ms sooner.
    The rooms that act on a run are loaded when they are asked to, which is some 20 ms more.
    """
    gc.disable()
    from mlperf_tui.session.status import status
    from mlperf_tui.viewer import watch as look_at
    from mlperf_tui.viewer.control import Control

    folder.plan()
    if status(folder).word == "running-unrecorded":
        _revive(folder)
    control = Control(
        stop=lambda: _stop(folder),
        revive=lambda: _revive(folder),
        dump=lambda: _dump(folder),
        summary=lambda: _markdown(folder),
    )
    return look_at(folder, control, mouse=mouse).lost


def _stop(folder: Folder) -> None:
    from mlperf_tui import launch

    launch.stop(folder)


def _revive(folder: Folder) -> None:
    from mlperf_tui import launch

    launch.ensure_recorded(folder)


def _dump(folder: Folder) -> None:
    from mlperf_tui import launch

    launch.dump(folder)


def _markdown(folder: Folder) -> str:
    from mlperf_tui.report.render import render

    return render(folder, "markdown")


def say_summary(folder: Folder, style: str) -> None:
    """Print it: as text, json or markdown, of which only the text is for a terminal."""
    from mlperf_tui.report.render import render

    (say_rows if style == "text" else click.echo)(render(folder, style))


def exit_code(folder: Folder) -> int:
    """The program's own exit code as a shell counts it; 0 while it runs on."""
    from mlperf_tui.session.status import status

    state = status(folder)
    if state.end is None:
        return 0 if state.live else TOOL_ERROR
    if state.end.shell_code is not None:
        return state.end.shell_code
    return 0 if state.word in {"finished", "stopped"} else TOOL_ERROR
