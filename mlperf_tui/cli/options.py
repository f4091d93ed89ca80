"""Options and arguments that several commands share, and what a shell completes them with."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Any, TypeVar

import click

PRECISIONS = ("fp32", "tf32", "amp", "amp-bf16", "amp-fp16")
COMPILE_MODES = ("default", "reduce-overhead", "max-autotune", "max-autotune-no-cudagraphs")
CUDA_GRAPHS = ("auto", "off")
SCALES = ("tiny", "small", "reference")
SCALE_HELP = (
    "How much of the reference's size. By default tiny on a CPU; on a GPU small with the workload's own small data, "
    "else reference. Of a kernel: how many problems."
)
DATA_HELP = (
    "A data set's directory, or `synthetic`. By default the workload's own small data: digits, shapes, lexicon, "
    "clicks or templates (`mlperf-tui workloads`)."
)
UNITS_S = {"m": 60, "h": 3600, "d": 86_400, "w": 604_800}
F = TypeVar("F", bound=Callable[..., Any])
T = TypeVar("T", int, float)


class Whole(click.IntRange):
    """A whole number in a range; for anything else it is said what to give."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        return _taken(super().convert, value, param, ctx, f"a whole number{_range(self)}")


class Number(click.FloatRange):
    """The same of any number."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        return _taken(super().convert, value, param, ctx, f"a number{_range(self)}")


class Mistyped(click.BadParameter):
    """A value that an option doesn't take; its message is what to give in its place."""

    def __init__(self, value: Any, wanted: str, param: click.Parameter | None, ctx: click.Context | None) -> None:
        super().__init__(f"give {wanted}", ctx, param)
        self._value = value

    def format_message(self) -> str:
        option = self.param.opts[0] if self.param is not None else ""
        return f"{option} {self._value}: {self.message}".lstrip()


def _taken(
    convert: Callable[[Any, click.Parameter | None, click.Context | None], T],
    value: Any,
    param: click.Parameter | None,
    ctx: click.Context | None,
    wanted: str,
) -> T:
    try:
        found = convert(value, param, ctx)
    except click.BadParameter:
        raise Mistyped(value, wanted, param, ctx) from None
    if isinstance(found, float) and math.isnan(found):  # neither less nor more than anything, it lies in every range
        raise Mistyped(value, wanted, param, ctx)
    return found


def _range(kind: click.IntRange | click.FloatRange) -> str:
    least = f" above {kind.min}" if kind.min_open else f", {kind.min} or more"
    return least if kind.max is None else f"{least}, {kind.max} at most"


RUN_OPTIONS = (
    click.option("--precision", type=click.Choice(PRECISIONS), help="fp32 has TF32 off."),
    click.option(
        "--batch",
        type=Whole(min=1),
        metavar="N",
        help="Samples a step and process; by default the scale's.",
    ),
    click.option("--scale", type=click.Choice(SCALES), help=SCALE_HELP),
    click.option("--epochs", type=Whole(min=1), metavar="N", help="Stop after N epochs."),
    click.option("--steps", type=Whole(min=1), metavar="N", help="Stop after N steps."),
    click.option(
        "--minutes",
        type=Number(min=0, min_open=True),
        metavar="M",
        help="Stop after M minutes of training, if not before; compiling is none of it.",
    ),
    click.option("--target", type=Number(min=0, max=1, min_open=True), metavar="X", help="Stop at this quality."),
    click.option("--seed", type=Whole(min=0), metavar="N"),
    click.option("--workers", type=Whole(min=0), metavar="N", help="Loader processes."),
    click.option("--device", metavar="DEVICE", help="auto, cpu, cuda or cuda:N."),
    click.option("--gpus", type=Whole(min=1), metavar="N", help="Processes, a GPU each (or CPU cores)."),
    click.option("--accumulate", type=Whole(min=1), metavar="N", help="Batches a step."),
    click.option("--deterministic", is_flag=True, help="The same bits each time, or a refusal."),
    click.option("--checkpoint", metavar="DIR", help="Save there after each epoch and when stopped."),
    click.option("--resume", metavar="FILE|DIR", help="Go on from a checkpoint."),
    click.option("--cudnn-benchmark", is_flag=True, help="Let cuDNN search for its fastest kernels first."),
    click.option("--compile", is_flag=True, help="Let torch.compile compile the model first."),
    click.option(
        "--compile-mode",
        type=click.Choice(COMPILE_MODES),
        help="How, by torch's names; reduce-overhead has CUDA graphs.",
    ),
    click.option("--cuda-graphs", type=click.Choice(CUDA_GRAPHS), help="Recorded where safe (auto), or not at all."),
    click.option("--data", metavar="DIR", help=DATA_HELP),
)
"""Of every workload of ours; one that isn't given follows the machine."""


def run_options(command: F) -> F:
    """The command with RUN_OPTIONS."""
    for option in reversed(RUN_OPTIONS):
        command = option(command)
    return command


def complete_session(context: click.Context, _: click.Parameter, typed: str) -> list[str]:
    """Ids of sessions and experiments that begin so, and `last`."""
    from mlperf_tui.session.experiments import everything
    from mlperf_tui.session.folder import sessions_root

    root = sessions_root(context.find_root().params.get("sessions"))
    return [word for word in ("last", *(folder.id for folder in everything(root))) if word.startswith(typed)]


def complete_workload(_: click.Context, __: click.Parameter, typed: str) -> list[str]:
    """Names that begin so."""
    from mlperf_tui.catalog import WORKLOADS

    return [name for name in WORKLOADS if name.startswith(typed)]


def session_argument(command: F) -> F:
    """SESSION: an id, a unique prefix, a name or `last`, which it is when none is given."""
    return click.argument("session", default="last", shell_complete=complete_session)(command)


def headless_option(command: F) -> F:
    """Lines in place of the screen, in a terminal too."""
    words = "Plain progress lines; the default without a terminal."
    return click.option("--headless", is_flag=True, help=words)(command)


def mouse_option(command: F) -> F:
    """Without the mouse the terminal keeps it, to select text with."""
    return click.option("--mouse/--no-mouse", default=True, show_default=True, help="Listen to the mouse.")(command)


def share(text: str) -> float:
    """A share such as 2% or 0.02. Raises click.UsageError for anything else."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?|\.\d+)\s*(%?)", text.strip())
    value = float(match[1]) / (100 if match[2] else 1) if match else 0.0
    if not 0 < value < 1:
        raise click.UsageError(f"{text} is no share: give one such as 2% or 0.02")
    return value


def span_s(text: str) -> float:
    """Seconds from a time such as 90s, 4m or 1h. Raises click.UsageError for anything else."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([smh])", text.strip())
    if not match or float(match[1]) == 0:
        raise click.UsageError(f"--limit {text}: give a number and s, m or h, such as 4m")
    return float(match[1]) * {"s": 1, "m": 60, "h": 3600}[match[2]]


def age_s(text: str) -> float:
    """Seconds from an age such as 30d. Raises click.UsageError for anything else."""
    match = re.fullmatch(r"(\d+)\s*([mhdw])", text)
    if not match:
        raise click.UsageError(f"--older-than {text}: give a number and m, h, d or w, such as 30d")
    return int(match[1]) * UNITS_S[match[2]]
