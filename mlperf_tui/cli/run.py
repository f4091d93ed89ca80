"""`run` and `workloads`: what is launched, and with which options."""

from __future__ import annotations

import shutil
import sys
from typing import Any

import click

from mlperf_tui.cli.look import exit_code, has_screen, progress, watch
from mlperf_tui.cli.options import Number, complete_workload, headless_option, mouse_option, run_options
from mlperf_tui.cli.say import say

BEHIND_DASHES = "mlperf_tui.command"
KEPT = ("python", "name", "note", "grace", "on_end", "detach", "headless", "mouse")
"""Options of `run` that the tool keeps for itself; all others go to the workload."""

WIDE = 1000
"""Columns where there is no terminal: a line a row, for other programs."""


class WithCommand(click.Command):
    """A command of ours behind which, after `--`, any other command may stand, untouched."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if "--" in args:
            at = args.index("--")
            ctx.meta[BEHIND_DASHES] = tuple(args[at + 1 :])
            args = args[:at]
        return super().parse_args(ctx, args)


@click.command(cls=WithCommand)
@click.argument("workload", required=False, shell_complete=complete_workload)
@click.argument("extra", nargs=-1, metavar="[-- COMMAND…]")
@run_options
@click.option("--python", metavar="PATH", help="The Python that runs the workload, when it isn't this one.")
@click.option("--name", metavar="NAME", help="A name to find the session by.")
@click.option("--note", metavar="TEXT", help="A sentence to keep with the session.")
@click.option("--grace", type=Number(min=0), default=30, show_default=True, metavar="S", help="A stop's patience.")
@click.option("--on-end", metavar="COMMAND", help="A shell command to run once the run has ended.")
@click.option("--detach", is_flag=True, help="Start it, print its id, and leave.")
@headless_option
@mouse_option
@click.pass_context
def run(context: click.Context, /, workload: str | None, extra: tuple[str, ...], **given: Any) -> int:
    """Run a workload of ours, or any command after `--`.

    mlperf-tui run resnet50 --precision amp

    mlperf-tui run -- python train.py --lr 0.1
    """
    from mlperf_tui import launch
    from mlperf_tui.session.names import check_name

    command = context.meta.get(BEHIND_DASHES, ())
    keep = {name: given.pop(name) for name in KEPT}
    check_run(workload, extra, command, given, "run")
    check_name(keep["name"])
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
    if keep["headless"] or not has_screen():
        if sys.stdout.isatty() and not keep["headless"]:
            click.echo("this terminal can't show the screen: progress lines instead; Ctrl-C stops the run")
        return progress(folder)
    watch(folder, mouse=keep["mouse"])
    return exit_code(folder)


@click.command()
def workloads() -> None:
    """The workloads that `run` knows, and which of their scales fit this machine."""
    from mlperf_tui.doctor import machine
    from mlperf_tui.report.workloads import workloads as lines

    say("\n".join(lines(machine(), shutil.get_terminal_size((WIDE, 1)).columns)))


def check_run(
    workload: str | None, extra: tuple[str, ...], command: tuple[str, ...], options: dict[str, Any], verb: str
) -> None:
    """Raise click.UsageError where that is no workload of ours with its options, and no command either."""
    from mlperf_tui.catalog import find

    if extra:
        words = " ".join((workload or "", *extra))
        raise click.UsageError(f"a command of your own goes behind `--`: mlperf-tui {verb} -- {words}")
    if workload and command:
        raise click.UsageError(f"either the workload {workload} or a command behind `--`, not both")
    if not workload and not command:
        raise click.UsageError("name a workload (`mlperf-tui workloads` shows them), or a command behind `--`")
    given = [f"--{name.replace('_', '-')}" for name, value in options.items() if value not in {None, False}]
    if workload:
        find(workload, verb)
    if command and given:
        raise click.UsageError(f"{given[0]} is for our workloads: a command's own options stand behind it")
    _check_device(options.get("device"), options.get("gpus"))
    if verb == "run" and options.get("compile_mode") and not options.get("compile"):
        raise click.UsageError("--compile-mode says how --compile compiles: give both")


def _check_device(device: str | None, gpus: int | None) -> None:
    """Raise click.UsageError where several processes would share the GPU that is named."""
    if gpus is not None and gpus > 1 and device is not None and device.startswith("cuda:"):
        raise click.UsageError(
            f"--gpus {gpus} picks its own devices, a GPU each: use --device cuda in place of {device}, or leave it out"
        )
