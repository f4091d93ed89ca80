"""The options that every workload takes, read and checked before torch is loaded."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NoReturn

PRECISIONS = ("fp32", "tf32", "amp", "amp-bf16", "amp-fp16")
SCALES = ("tiny", "small", "reference")
COMPILE_MODES = ("default", "reduce-overhead", "max-autotune", "max-autotune-no-cudagraphs")
"""torch.compile's own; the second and the third launch a step's kernels as CUDA graphs."""

CUDA_GRAPHS = ("auto", "off")
"""Recorded where that is safe, or never."""


class Refusal(Exception):
    """A run that can't start as asked: its text is one sentence for stderr, its exit code 2."""


@dataclass(frozen=True, slots=True)
class Options:
    """What was asked for; None leaves the choice to the workload and the machine.

    `batch` is per process, and `accumulate` of them make a step; `target` is a share between 0 and 1, `minutes` is
    counted from the start of training, of a compiled model from its first step's end, `checkpoint` is a folder and
    `resume` a file or such a folder.
    """

    data: str
    precision: str | None = None
    batch: int | None = None
    scale: str | None = None
    epochs: int | None = None
    steps: int | None = None
    minutes: float | None = None
    target: float | None = None
    seed: int = 1
    workers: int | None = None
    device: str = "auto"
    cudnn_benchmark: bool = False
    compile: bool = False
    compile_mode: str | None = None
    cuda_graphs: str = "auto"
    accumulate: int = 1
    deterministic: bool = False
    checkpoint: str | None = None
    resume: str | None = None


class Parser(argparse.ArgumentParser):
    """argparse, but an error is one sentence: no usage before it."""

    def error(self, message: str) -> NoReturn:
        """Raise a Refusal with argparse's message."""
        raise Refusal(f"{message} (see --help)")


def parser(program: str, description: str, data: str, data_help: str) -> Parser:
    """The parser of a workload whose default data set is `data`."""
    made = Parser(prog=program, description=description, allow_abbrev=False)
    made.add_argument("--data", default=data, metavar="NAME|DIR", help=data_help)
    made.add_argument("--scale", choices=SCALES, help="size of model and samples (default: by machine and data)")
    made.add_argument("--precision", choices=PRECISIONS, help="fp32 has TF32 off (default: amp on a GPU, else fp32)")
    made.add_argument("--batch", type=_whole, metavar="N", help="samples at once, per process")
    made.add_argument("--epochs", type=_whole, metavar="N", help="passes over the data; the schedule spans them")
    made.add_argument("--steps", type=_whole, metavar="N", help="stop after N training steps")
    made.add_argument("--minutes", type=_positive, metavar="M", help="stop after M minutes of training, if not before")
    made.add_argument("--target", type=_share, metavar="SHARE", help="stop at this quality, such as 0.95")
    made.add_argument("--seed", type=_not_negative, default=1, metavar="N", help="of weights, order, augmentation")
    made.add_argument("--workers", type=_not_negative, metavar="N", help="processes that load data")
    made.add_argument("--device", default="auto", type=_device, metavar="auto|cpu|cuda[:N]", help="(default: auto)")
    made.add_argument("--cudnn-benchmark", action="store_true", help="let cuDNN time its algorithms first")
    made.add_argument("--accumulate", type=_whole, default=1, metavar="N", help="batches a step of the optimiser")
    made.add_argument("--deterministic", action="store_true", help="only algorithms that give the same bits each time")
    made.add_argument("--checkpoint", metavar="DIR", help="save there after each epoch and when stopped: last.pt")
    made.add_argument("--resume", metavar="FILE|DIR", help="go on from a checkpoint, with the options that made it")
    made.add_argument("--compile", action="store_true", help="torch.compile the model, during the first step")
    made.add_argument("--compile-mode", choices=COMPILE_MODES, help="how --compile compiles, by torch's names")
    made.add_argument("--cuda-graphs", choices=CUDA_GRAPHS, default="auto", help="where safe, or off (default: auto)")
    return made


def parse(made: Parser, argv: Sequence[str] | None) -> Options:
    """The options in `argv`, by default the process's own. Raises Refusal."""
    options = Options(**vars(made.parse_args(argv)))
    if options.compile_mode is not None and not options.compile:
        raise Refusal("--compile-mode says how --compile compiles: give both")
    return options


def _whole(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"needs a whole number above 0, not {text!r}")
    return int(text)


def _not_negative(text: str) -> int:
    if not text.isdecimal() or int(text) > 2**63 - 1:
        raise argparse.ArgumentTypeError(f"needs a whole number from 0, not {text!r}")
    return int(text)


def _positive(text: str) -> float:
    number = _number(text)
    if not 0 < number < float("inf"):
        raise argparse.ArgumentTypeError(f"needs a number above 0, not {text!r}")
    return number


def _share(text: str) -> float:
    number = _number(text)
    if not 0 < number <= 1:
        raise argparse.ArgumentTypeError(f"needs a share between 0 and 1, such as 0.95, not {text!r}")
    return number


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"needs a number, not {text!r}") from None


def _device(text: str) -> str:
    kind, colon, index = text.partition(":")
    if text in {"auto", "cpu", "cuda"} or (kind == "cuda" and colon and index.isdecimal()):
        return text
    raise argparse.ArgumentTypeError(f"needs auto, cpu, cuda or cuda:N, not {text!r}")
