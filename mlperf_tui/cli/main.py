"""The program itself: all commands, and what becomes of an error."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from mlperf_tui import __version__
from mlperf_tui.cli import ab, run
from mlperf_tui.cli import doctor as on_machine
from mlperf_tui.cli import sessions as on_sessions
from mlperf_tui.cli.say import say
from mlperf_tui.errors import MlperfTuiError

TOOL_ERROR = MlperfTuiError.exit_code


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
    say(f"mlperf-tui: {sentence}", err=True)
    sys.exit(code)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--sessions", type=click.Path(path_type=Path), metavar="DIR", help="Where sessions lie.")
@click.version_option(__version__, prog_name="mlperf-tui")
@click.pass_context
def cli(context: click.Context, sessions: Path | None) -> None:
    """Launch a training run, watch it live, leave and come back, keep a summary."""
    from mlperf_tui.session.folder import sessions_root

    context.obj = sessions_root(sessions)


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


def _hinted(error: click.ClickException) -> str:
    """The error's text and which help to read."""
    context = getattr(error, "ctx", None)
    text = error.format_message().rstrip(".")
    return f"{text} ({context.command_path} --help)" if context else text


COMMANDS = (
    run.run,
    run.workloads,
    on_machine.doctor,
    ab.ab,
    ab.compare,
    on_sessions.watch,
    on_sessions.list_,
    on_sessions.stop,
    on_sessions.rename,
    on_sessions.rm,
    on_sessions.prune,
    on_sessions.summary,
)
SHORT = {
    "ab": "Tell whether B is faster than A, and by how much.",
    "compare": "Hold stored sessions against each other.",
    "list": "All sessions and experiments: open, stop, compare them.",
    "prune": "Delete old sessions and experiments that have ended.",
    "rm": "Delete sessions and experiments that have ended.",
    "workloads": "The workloads that `run` knows, and what fits this machine.",
}
"""For the list of all commands, where the first sentence of the command's own help would be cut at 80 columns."""

for command in COMMANDS:
    command.short_help = SHORT.get(command.name or "")
    cli.add_command(command)
