"""The command line: parse, call, print. Each command imports its room when it is called, so that all start fast."""

from __future__ import annotations

import os
import re
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from mlperf_tui import __version__
from mlperf_tui.errors import MlperfTuiError

if TYPE_CHECKING:
    from mlperf_tui.session.folder import Folder

TOOL_ERROR = MlperfTuiError.exit_code
PRECISIONS = ("fp32", "tf32", "amp", "amp-bf16", "amp-fp16")
SCALES = ("tiny", "small", "reference")
UNITS_S = {"m": 60, "h": 3600, "d": 86_400, "w": 604_800}

BEHIND_DASHES = "mlperf_tui.command"
KEPT = ("python", "name", "note", "grace", "on_end", "detach", "headless", "mouse")
"""Options of `run` that the tool keeps for itself; all others go to the workload."""

F = TypeVar("F", bound=Callable[..., Any])


def main() -> None:
    """Run, and say what went wrong in one sentence with an exit code of the tool's own."""
    try:
        sys.exit(cli.main(prog_name="mlperf-tui", standalone_mode=False) or 0)
    except MlperfTuiError as error:
        _fail(str(error), error.exit_code)
    except click.Abort:
        _fail("interrupted", 130)
    except click.ClickException as error:
        _fail(_hinted(error), TOOL_ERROR)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(TOOL_ERROR)


def _fail(sentence: str, code: int) -> None:
    click.echo(f"mlperf-tui: {sentence}", err=True)
    sys.exit(code)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--sessions", type=click.Path(path_type=Path), metavar="DIR", help="Where sessions lie.")
@click.version_option(__version__, prog_name="mlperf-tui")
@click.pass_context
def cli(context: click.Context, sessions: Path | None) -> None:
    """Launch a training run, watch it live, leave and come back, keep a summary."""
    from mlperf_tui.session.folder import sessions_root

    context.obj = sessions_root(sessions)


def run_options(command: F) -> F:
    """The options that every workload of ours knows; one that isn't given follows the machine."""
    options = (
        click.option("--precision", type=click.Choice(PRECISIONS), help="fp32 has TF32 off."),
        click.option("--batch", type=click.IntRange(min=1), metavar="N", help="Samples a step and process."),
        click.option("--scale", type=click.Choice(SCALES), help="How much of the reference's size."),
        click.option("--epochs", type=click.IntRange(min=1), metavar="N", help="Stop after N epochs."),
        click.option("--steps", type=click.IntRange(min=1), metavar="N", help="Stop after N steps."),
        click.option(
            "--minutes", type=click.FloatRange(min=0, min_open=True), metavar="M", help="Stop after M minutes."
        ),
        click.option("--target", type=float, metavar="X", help="Stop at this quality."),
        click.option("--seed", type=click.IntRange(min=0), metavar="N"),
        click.option("--workers", type=click.IntRange(min=0), metavar="N", help="Loader processes."),
        click.option("--device", metavar="DEVICE", help="auto, cpu, cuda or cuda:N."),
        click.option("--cudnn-benchmark", is_flag=True, help="Let cuDNN search for its fastest kernels first."),
        click.option("--data", metavar="DIR", help="A data set's directory, or `digits` or `synthetic`."),
    )
    for option in reversed(options):
        command = option(command)
    return command


class WithCommand(click.Command):
    """A command of ours behind which, after `--`, any other command may stand, untouched."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if "--" in args:
            at = args.index("--")
            ctx.meta[BEHIND_DASHES] = tuple(args[at + 1 :])
            args = args[:at]
        return super().parse_args(ctx, args)


def _complete_session(context: click.Context, _: click.Parameter, typed: str) -> list[str]:
    from mlperf_tui.session.folder import sessions, sessions_root

    root = sessions_root(context.find_root().params.get("sessions"))
    return [word for word in ("last", *(folder.id for folder in sessions(root))) if word.startswith(typed)]


def _complete_workload(_: click.Context, __: click.Parameter, typed: str) -> list[str]:
    from mlperf_tui.catalog import WORKLOADS

    return [name for name in WORKLOADS if name.startswith(typed)]


def session_argument(command: F) -> F:
    """SESSION: an id, a unique prefix, a name or `last`, which it is when none is given."""
    return click.argument("session", default="last", shell_complete=_complete_session)(command)


def mouse_option(command: F) -> F:
    """Without the mouse the terminal keeps it, to select text with."""
    return click.option("--mouse/--no-mouse", default=True, show_default=True, help="Listen to the mouse.")(command)


@cli.command(cls=WithCommand)
@click.argument("workload", required=False, shell_complete=_complete_workload)
@click.argument("extra", nargs=-1, metavar="[-- COMMAND…]")
@run_options
@click.option("--python", metavar="PATH", help="The Python that runs the workload, when it isn't this one.")
@click.option("--name", metavar="NAME", help="A name to find the session by.")
@click.option("--note", metavar="TEXT", help="A sentence to keep with the session.")
@click.option(
    "--grace", type=click.FloatRange(min=0), default=30, show_default=True, metavar="S", help="A stop's patience."
)
@click.option("--on-end", metavar="COMMAND", help="A shell command to run once the run has ended.")
@click.option("--detach", is_flag=True, help="Start it, print its id, and leave.")
@click.option("--headless", is_flag=True, help="Plain progress lines; the default without a terminal.")
@mouse_option
@click.pass_context
def run(context: click.Context, /, workload: str | None, extra: tuple[str, ...], **given: Any) -> int:
    """Run a workload of ours, or any command after `--`.

    mlperf-tui run resnet50 --precision amp

    mlperf-tui run -- python train.py --lr 0.1
    """
    from mlperf_tui import launch

    command = context.meta.get(BEHIND_DASHES, ())
    keep = {name: given.pop(name) for name in KEPT}
    _check_run(workload, extra, command, given)
    request = launch.Request(
        workload,
        command,
        given,
        keep["python"],
        name=keep["name"],
        note=keep["note"],
        grace_s=keep["grace"],
        on_end=keep["on_end"],
    )
    folder = launch.launch(request, context.obj)
    if keep["detach"]:
        click.echo(folder.id)
        return 0
    if keep["headless"] or not _has_screen():
        if sys.stdout.isatty() and not keep["headless"]:
            click.echo("this terminal can't show the screen: progress lines instead; Ctrl-C stops the run")
        return _headless(folder)
    _watch(folder, mouse=keep["mouse"])
    return _exit_code(folder)


@cli.command()
@session_argument
@mouse_option
@click.pass_obj
def watch(root: Path, session: str, mouse: bool) -> int:
    """Look at a session, running or ended. Leaving it never stops the run."""
    folder = _find(root, session)
    if _has_screen():
        _watch(folder, mouse=mouse)
    else:
        from mlperf_tui import headless, launch

        folder.plan()
        launch.ensure_recorded(folder)
        headless.follow(folder, click.echo)
        _say_summary(folder, "text")
    return 0


@cli.command("list")
@click.option("--plain", is_flag=True, help="Lines of a table, newest last; the default without a terminal.")
@mouse_option
@click.pass_obj
def list_(root: Path, plain: bool, mouse: bool) -> None:
    """All sessions: to open, stop, rename, delete, or hold two side by side."""
    if not plain and _has_screen():
        _choose(root, mouse=mouse)
        return
    from mlperf_tui.report.listing import listing

    click.echo("\n".join(listing(root)))


@cli.command()
@session_argument
@click.pass_obj
def stop(root: Path, session: str) -> None:
    """End a run, politely first.

    Firmly after the grace that it was started with.
    """
    from mlperf_tui import launch

    folder = _find(root, session)
    launch.stop(folder)
    patience_s = folder.plan().grace_s + 15
    if not launch.wait(folder, patience_s):
        raise MlperfTuiError(f"{folder.id} has not ended yet: look at it with `mlperf-tui watch {folder.id}`")
    click.echo(f"{folder.id} {_status_word(folder)}")


@cli.command()
@click.argument("session", shell_complete=_complete_session)
@click.argument("name")
@click.pass_obj
def rename(root: Path, session: str, name: str) -> None:
    """Give a session another name.

    An empty one ("") takes its name away.
    """
    from mlperf_tui.report.rename import rename as rename_session

    folder = _find(root, session)
    rename_session(folder, name.strip() or None)
    click.echo(f"{folder.id} is called {name.strip()}" if name.strip() else f"{folder.id} has no name")


@cli.command()
@click.argument("sessions", nargs=-1, required=True, metavar="SESSION…", shell_complete=_complete_session)
@click.pass_obj
def rm(root: Path, sessions: tuple[str, ...]) -> None:
    """Delete sessions that have ended."""
    from mlperf_tui.session.remove import remove

    for session in sessions:
        folder = _find(root, session)
        remove(folder)
        click.echo(f"deleted {folder.id}")


@cli.command()
@click.option("--older-than", required=True, metavar="AGE", help="Such as 30d, 12h or 2w.")
@click.option("--dry-run", is_flag=True, help="Only say what would be deleted.")
@click.pass_obj
def prune(root: Path, older_than: str, dry_run: bool) -> None:
    """Delete old sessions that have ended, and say how much that frees."""
    from mlperf_tui.report.numbers import gib
    from mlperf_tui.session.remove import older, remove

    found = older(root, time.time() - _age_s(older_than))
    freed = 0
    for folder in found:
        size = folder.size() if dry_run else remove(folder)
        freed += size
        click.echo(f"{'would delete' if dry_run else 'deleted'} {folder.id}  {gib(size)}")
    if found:
        many = f"{len(found)} session{'' if len(found) == 1 else 's'}"
        click.echo(f"{many}, {gib(freed)} {'would be freed' if dry_run else 'freed'}")
    else:
        click.echo(f"nothing that has ended is older than {older_than}", err=True)


@cli.command()
@session_argument
@click.option("--format", "style", type=click.Choice(("text", "json", "markdown")), default="text", show_default=True)
@click.pass_obj
def summary(root: Path, session: str, style: str) -> None:
    """What a session came to.

    As text, as JSON, or as Markdown for a pull request; also of a session that failed or still runs.
    """
    _say_summary(_find(root, session), style)


@cli.command()
def workloads() -> None:
    """The workloads that `run` knows."""
    from mlperf_tui.catalog import WORKLOADS

    for workload in WORKLOADS.values():
        target = f"target {workload.metric} {workload.target}"
        click.echo(f"{workload.name}  {workload.model}  {workload.unit}  {target}  data: {workload.data}")


@cli.command()
@click.argument("shell", type=click.Choice(("bash", "zsh", "fish")))
def completion(shell: str) -> None:
    """Print a shell's completion script.

    eval "$(mlperf-tui completion bash)"
    """
    from click.shell_completion import get_completion_class

    kind = get_completion_class(shell)
    assert kind is not None
    click.echo(kind(cli, {}, "mlperf-tui", "_MLPERF_TUI_COMPLETE").source())


def _check_run(workload: str | None, extra: tuple[str, ...], command: tuple[str, ...], options: dict[str, Any]) -> None:
    if extra:
        words = " ".join((workload or "", *extra))
        raise click.UsageError(f"a command of your own goes behind `--`: mlperf-tui run -- {words}")
    if workload and command:
        raise click.UsageError(f"either the workload {workload} or a command behind `--`, not both")
    if not workload and not command:
        raise click.UsageError("name a workload (`mlperf-tui workloads` shows them), or a command behind `--`")
    given = [f"--{name.replace('_', '-')}" for name, value in options.items() if value not in {None, False}]
    if command and given:
        raise click.UsageError(f"{given[0]} is for our workloads: a command's own options stand behind it")


def _find(root: Path, session: str) -> Folder:
    from mlperf_tui.session.folder import find

    return find(root, session)


def _has_screen() -> bool:
    return sys.stdin.isatty() and sys.stdout.isatty() and os.environ.get("TERM", "dumb") != "dumb"


def _headless(folder: Folder) -> int:
    from mlperf_tui import headless

    click.echo(f"{folder.id} in {folder.path}")
    headless.follow(folder, click.echo, stop_on_signals=True)
    _say_summary(folder, "text")
    return _exit_code(folder)


def _choose(root: Path, *, mouse: bool) -> None:
    """The list, then the session that was opened, then the list again as it was, until the user leaves."""
    from mlperf_tui.session.folder import sessions
    from mlperf_tui.viewer.sessions import View, choose

    sessions(root)
    choice, said = choose(root, View(), mouse=mouse), ""
    while choice.open is not None:
        try:
            if _open(_find(root, choice.open), mouse=mouse):
                return
        except MlperfTuiError as error:
            said = str(error)
        choice, said = choose(root, choice.view, said=said, mouse=mouse), ""


def _watch(folder: Folder, *, mouse: bool) -> None:
    from mlperf_tui.session.status import status

    if _open(folder, mouse=mouse):
        return
    if status(folder).live:
        click.echo(f"{folder.id} runs on. To come back: mlperf-tui watch {folder.id}")
    else:
        _say_summary(folder, "text")


def _open(folder: Folder, *, mouse: bool) -> bool:
    """Look at a session until the user leaves it. Whether that was because the terminal is gone."""
    from mlperf_tui import launch
    from mlperf_tui.report import render
    from mlperf_tui.viewer import watch as show
    from mlperf_tui.viewer.control import Control

    folder.plan()
    launch.ensure_recorded(folder)
    control = Control(
        stop=lambda: launch.stop(folder),
        revive=lambda: launch.ensure_recorded(folder),
        dump=lambda: launch.dump(folder),
        summary=lambda: render(folder, "markdown"),
    )
    return show(folder, control, mouse=mouse).lost


def _say_summary(folder: Folder, style: str) -> None:
    from mlperf_tui.report import render

    click.echo(render(folder, style))


def _exit_code(folder: Folder) -> int:
    """The program's own exit code as a shell counts it; 0 while it runs on."""
    from mlperf_tui.session.status import status

    state = status(folder)
    if state.end is None:
        return 0 if state.live else TOOL_ERROR
    if state.end.shell_code is not None:
        return state.end.shell_code
    return 0 if state.word in {"finished", "stopped"} else TOOL_ERROR


def _status_word(folder: Folder) -> str:
    from mlperf_tui.session.status import status

    return status(folder).word


def _age_s(text: str) -> float:
    match = re.fullmatch(r"(\d+)\s*([mhdw])", text)
    if not match:
        raise click.UsageError(f"--older-than {text}: give a number and m, h, d or w, such as 30d")
    return int(match[1]) * UNITS_S[match[2]]


def _hinted(error: click.ClickException) -> str:
    """The error's text and which help to read."""
    context = getattr(error, "ctx", None)
    text = error.format_message().rstrip(".")
    return f"{text} ({context.command_path} --help)" if context else text
