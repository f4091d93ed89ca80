"""`ab` and `compare`: an experiment with one factor, and stored sessions held against each other."""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from mlperf_tui.cli.experiments import code_of, find_either, find_experiment, progress, say_gate, verdict_code, watch
from mlperf_tui.cli.look import has_screen
from mlperf_tui.cli.options import Number, Whole, complete_workload, mouse_option, run_options, share, span_s
from mlperf_tui.cli.run import BEHIND_DASHES, WithCommand, check_run
from mlperf_tui.cli.run import KEPT as RUN_KEPT
from mlperf_tui.cli.say import columns, say
from mlperf_tui.errors import MlperfTuiError

if TYPE_CHECKING:
    from mlperf_tui.session.folder import Folder

DEFAULT_VARY = "precision=fp32,amp"
KEPT = (*RUN_KEPT, "vary", "within", "limit", "pairs", "turns", "continue_", "style", "fail_if")
WITH_CONTINUE = ("continue_", "pairs", "limit", "within", "detach", "headless", "style", "fail_if", "mouse")
HOW_TO_WATCH = ("--detach", "--headless", "--no-mouse")
"""What is no part of the experiment, and is left out of the command that repeats it."""

MATTERS = ("within", "factor", "fail_if")
"""The options of `compare` on which its answer rests, and its exit code."""

YES_NO = {"on": True, "true": True, "yes": True, "1": True, "off": False, "false": False, "no": False, "0": False}


@click.command(cls=WithCommand)
@click.argument("workload", required=False, shell_complete=complete_workload)
@click.argument("extra", nargs=-1, metavar="[-- COMMAND…]")
@click.option(
    "--vary",
    multiple=True,
    metavar="NAME=A,B[,…]",
    help=f"What varies; A is held against B.  [default: {DEFAULT_VARY}]",
)
@click.option("--within", default="2%", show_default=True, metavar="SHARE", help="Stop at an interval of ± this.")
@click.option("--limit", metavar="TIME", help="Stop after this time, such as 4m.  [default: 4m in turns]")
@click.option("--pairs", type=Whole(min=1, max=64), metavar="N", help="Stop after N pairs.")
@click.option("--turns/--no-turns", default=True, help="Both processes of a pair at once, measured in turns.")
@click.option("--continue", "continue_", metavar="EXPERIMENT", help="Go on with one that has ended too early.")
@run_options
@click.option("--python", metavar="PATH", help="The Python that runs the workload, when it isn't this one.")
@click.option("--name", metavar="NAME", help="A name to find the experiment by.")
@click.option("--note", metavar="TEXT", help="A sentence to keep with the experiment.")
@click.option("--grace", type=Number(min=0), default=30, show_default=True, metavar="S", help="A stop's patience.")
@click.option("--on-end", metavar="COMMAND", help="A shell command to run once the experiment has ended.")
@click.option("--detach", is_flag=True, help="Start it, print its id, and leave.")
@click.option("--headless", is_flag=True, help="Plain progress lines; the default without a terminal.")
@click.option("--format", "style", type=click.Choice(("text", "json", "markdown")), default="text", show_default=True)
@click.option("--fail-if", metavar="RULE", help="Exit with 1 if B is slower:3% (or faster:3%) than A for sure.")
@mouse_option
@click.pass_context
def ab(context: click.Context, /, workload: str | None, extra: tuple[str, ...], **given: Any) -> int:
    """Tell whether B is faster than A, by how much, and whether it learns the same.

    mlperf-tui ab resnet50 --vary precision=fp32,amp

    mlperf-tui ab --vary lr=0.1,0.2 -- python train.py --lr {lr} --seed {seed}

    mlperf-tui ab resnet50 --vary env:OMP_NUM_THREADS=1,2
    """
    from mlperf_tui import launch

    keep = {name: given.pop(name) for name in KEPT}
    rule = _rule(keep["fail_if"])
    told_before: list[Path] = []
    if keep["continue_"]:
        folder = _to_continue(context, keep["continue_"])
        told_before = folder.readings()
        launch.continue_experiment(folder, **_new_limits(context, keep))
    else:
        folder = launch.launch_experiment(_asked(context, workload, extra, keep, given), context.obj)
    if keep["detach"]:
        click.echo(folder.id)
        if rule is not None:
            say_gate(rule, "not judged (--detach doesn't wait for the answer)")
        return 0
    if keep["headless"] or not has_screen():
        code = progress(folder, keep["style"], told_before=told_before)
    else:
        code = watch(folder, mouse=keep["mouse"], style=keep["style"])
    return verdict_code(folder, rule, code)


@click.command(cls=WithCommand)
@click.argument("sessions", nargs=-1, required=True, metavar="A1 A2 … -- B1 B2 …")
@click.option("--within", default="2%", show_default=True, metavar="SHARE", help="The interval that settles it.")
@click.option("--factor", metavar="NAME", help="What differs on purpose, such as torch, batch or commit.")
@click.option("--format", "style", type=click.Choice(("text", "json", "markdown")), default="text", show_default=True)
@click.option("--fail-if", metavar="RULE", help="Exit with 1 if B is slower:3% (or faster:3%) than A for sure.")
@click.pass_context
def compare(
    context: click.Context,
    sessions: tuple[str, ...],
    within: str,
    factor: str | None,
    style: str,
    fail_if: str | None,
) -> int:
    """Hold stored sessions against each other: the first ones are A, those behind `--` are B.

    mlperf-tui compare before1 before2 before3 -- after1 after2 after3
    """
    from mlperf_tui.report.ab import render
    from mlperf_tui.report.ab.build import compare as held

    rule = _rule(fail_if)
    others = context.meta.get(BEHIND_DASHES, ())
    if not others:
        raise click.UsageError("which are B? Put them behind `--`: mlperf-tui compare A1 A2 A3 -- B1 B2 B3")
    if options := [word for word in others if word.startswith("-")]:
        raise click.UsageError(f"{options[0]} stands behind `--`, among B: give options before the first session")
    root: Path = context.obj
    a, b = ([_run(root, name) for name in names] for names in (sessions, others))
    _once_each([*a, *b])
    result = held(a, b, share(within), factor)
    text = render(result, _repeating(context, a, b), style, columns())
    (say if style == "text" else click.echo)(text)
    return code_of(result, rule)


def _repeating(context: click.Context, a: list[Folder], b: list[Folder]) -> tuple[str, ...]:
    """The command that repeats the comparison: as it was typed, but the sessions by their ids, whatever comes later."""
    root = _typed(context.find_root(), "sessions")
    options = [word for name in MATTERS for word in _typed(context, name)]
    return "mlperf-tui", *root, "compare", *options, *(one.id for one in a), "--", *(one.id for one in b)


def _typed(context: click.Context, name: str) -> tuple[str, ...]:
    """An option with its value where it was typed."""
    typed = context.get_parameter_source(name) is ParameterSource.COMMANDLINE
    return (f"--{name.replace('_', '-')}", str(context.params[name])) if typed else ()


def _run(root: Path, name: str) -> Folder:
    """One session. Raises MlperfTuiError where an experiment is named, which is many."""
    from mlperf_tui.session.experiments import ExperimentFolder

    found = find_either(root, name)
    if isinstance(found, ExperimentFolder):
        runs = ", ".join(run.id for run in found.sessions()[:2])
        raise MlperfTuiError(
            f"{name} is an experiment: `mlperf-tui summary {name}` is its answer; its runs are {runs}, …"
        )
    return found


def _once_each(runs: list[Folder]) -> None:
    """Raise MlperfTuiError where one is named twice: a process is one piece of evidence."""
    seen = Counter(run.id for run in runs)
    if twice := [name for name, times in seen.items() if times > 1]:
        raise MlperfTuiError(f"{twice[0]} is named twice: a process is one piece of evidence")


def _to_continue(context: click.Context, wanted: str) -> Any:
    """The experiment that is to go on. Raises click.UsageError where more is asked for than new limits."""
    given = [name for name in context.params if context.get_parameter_source(name) is ParameterSource.COMMANDLINE]
    others = [name for name in given if name not in WITH_CONTINUE]
    if others or BEHIND_DASHES in context.meta:
        raise click.UsageError(
            "an experiment goes on as it was planned: --continue takes --pairs, --limit and --within"
        )
    return find_experiment(context.obj, wanted)


def _new_limits(context: click.Context, keep: dict[str, Any]) -> dict[str, Any]:
    """What was typed beside `--continue`."""
    typed = context.get_parameter_source("within") is ParameterSource.COMMANDLINE
    return {
        "most_pairs": keep["pairs"],
        "limit_s": None if keep["limit"] is None else span_s(keep["limit"]),
        "within": share(keep["within"]) if typed else None,
    }


def _asked(
    context: click.Context, workload: str | None, extra: tuple[str, ...], keep: dict[str, Any], given: dict[str, Any]
) -> Any:
    """The experiment that was asked for. Raises click.UsageError for what can't be."""
    from mlperf_tui import launch
    from mlperf_tui.session.names import check_name

    command = context.meta.get(BEHIND_DASHES, ())
    check_run(workload, extra, command, given, "ab")
    check_name(keep["name"])
    if len(keep["vary"]) > 1:
        raise click.UsageError("one thing varies at a time: give --vary once, with two values or more")
    factor = _factor(context, next(iter(keep["vary"]), None), command)
    if given.get("checkpoint") is not None or factor.name == "checkpoint":
        raise click.UsageError("--checkpoint is for one run: an experiment's processes would save over each other's")
    if given.get(factor.name) not in {None, False}:
        raise click.UsageError(f"--{factor.name} is what varies: leave it out, or vary something else")
    shared = launch.Request(
        workload,
        command,
        given,
        keep["python"],
        name=keep["name"],
        note=keep["note"],
        grace_s=keep["grace"],
        on_end=keep["on_end"],
    )
    return launch.AbRequest(
        shared,
        factor,
        asked_by(sys.argv[1:]),
        within=share(keep["within"]),
        limit_s=None if keep["limit"] is None else span_s(keep["limit"]),
        most_pairs=keep["pairs"],
        turns=keep["turns"],
    )


def asked_by(words: Sequence[str]) -> tuple[str, ...]:
    """The command that repeats the experiment: as it was typed, without how it is watched."""
    dashes = words.index("--") if "--" in words else len(words)
    ours = (word for word in words[:dashes] if word not in HOW_TO_WATCH)
    return "mlperf-tui", *ours, *words[dashes:]


def _factor(context: click.Context, vary: str | None, command: tuple[str, ...]) -> Any:
    """What varies. Raises click.UsageError, which says how it is written."""
    from mlperf_tui.launch import Factor

    if vary is None and command:
        raise click.UsageError("what varies? Such as --vary lr=0.1,0.2 -- python train.py --lr {lr}")
    name, equals, listed = (vary or DEFAULT_VARY).partition("=")
    labels = tuple(value.strip() for value in listed.split(","))
    if not name or not equals or len(labels) < 2 or not all(labels):
        raise click.UsageError(f"--vary {vary}: give a name and two values or more, such as precision=fp32,amp")
    if name.startswith("env:") and re.fullmatch(r"[A-Za-z_]\w*", name.removeprefix("env:")) is None:
        raise click.UsageError(f"--vary {vary}: name a variable behind env:, such as env:OMP_NUM_THREADS=1,2")
    if name.startswith("env:"):
        return Factor(name.removeprefix("env:"), "env", labels, labels)
    if command:
        return Factor(name, "word", labels, labels)
    name = name.removeprefix("--").replace("-", "_")
    return Factor(name, "option", labels, tuple(_value(context, name, label) for label in labels))


def _value(context: click.Context, name: str, label: str) -> Any:
    """A value of one of the workloads' options, as click would have read it."""
    known = {param.name: param for param in context.command.params if isinstance(param, click.Option)}
    param = known.get(name) if name not in KEPT else None
    if param is None:
        options = ", ".join(sorted(name for name in known if name not in KEPT and name != "help"))
        raise click.UsageError(f"--vary {name}=…: no option of that name; there are {options}, and env:NAME")
    if param.is_flag:
        if label.lower() not in YES_NO:
            raise click.UsageError(f"--vary {name}={label}: it is on or off")
        return YES_NO[label.lower()]
    try:
        return param.type.convert(label, param, context)
    except click.BadParameter as error:
        raise click.UsageError(f"--vary {name}={label}: {error.message.rstrip('.')}") from None


def _rule(text: str | None) -> tuple[str, float] | None:
    if text is None:
        return None
    from mlperf_tui.analysis.ab.fail_if import parse_fail_if

    try:
        return parse_fail_if(text)
    except ValueError as error:
        raise MlperfTuiError(str(error)) from None
