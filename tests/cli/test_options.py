"""What a shell completes arguments with, and what is said of numbers that are none."""

from __future__ import annotations

from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from mlperf_tui.cli import options
from mlperf_tui.cli.main import cli
from mlperf_tui.cli.options import Number, Whole, complete_session
from tests.report.ab import turning
from tests.report.ab.turning import Arm
from workloads.common import options as of_workloads


def test_sessions_and_experiments_are_offered(tmp_path: Path) -> None:
    """Both are taken wherever a session is asked for."""
    turning.experiment(tmp_path, [Arm("fp32", (400.0,)), Arm("amp", (1600.0,))], gpu=False)
    main = click.Context(cli)
    main.params["sessions"] = tmp_path
    here = click.Context(cli.commands["watch"], parent=main)
    argument = here.command.params[0]
    runs = ["s-20261124-091204-1-0-fp32", "s-20261124-091204-1-1-amp"]
    assert sorted(complete_session(here, argument, "s-2026")) == runs
    assert complete_session(here, argument, "e-") == ["e-20261124-091204-resnet50-test"]
    assert complete_session(here, argument, "l") == ["last"]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("run", "--batch", "ten"), "--batch ten: give a whole number, 1 or more"),
        (("run", "--batch", "0"), "--batch 0: give a whole number, 1 or more"),
        (("run", "--batch", "2.5"), "--batch 2.5: give a whole number, 1 or more"),
        (("run", "--batch", ""), "--batch : give a whole number, 1 or more"),
        (("run", "--workers", "-1"), "--workers -1: give a whole number, 0 or more"),
        (("run", "--minutes", "0"), "--minutes 0: give a number above 0"),
        (("run", "--minutes", "nan"), "--minutes nan: give a number above 0"),
        (("run", "--batch", "-" + 400 * "9"), f"--batch -{400 * '9'}: give a whole number, 1 or more"),
        (("ab", "--pairs", 400 * "9"), f"--pairs {400 * '9'}: give a whole number, 1 or more, 64 at most"),
        (("run", "--target", "high"), "--target high: give a number above 0, 1 at most"),
        (("run", "--target", "2"), "--target 2: give a number above 0, 1 at most"),
        (("ab", "--pairs", "65"), "--pairs 65: give a whole number, 1 or more, 64 at most"),
        (("run", "resnet50", "--grace", "long"), "--grace long: give a number, 0 or more"),
        (("ab", "--grace", "long"), "--grace long: give a number, 0 or more"),
        (("ab", "--vary", "batch=32,many"), "--vary batch=many: give a whole number, 1 or more"),
    ],
)
def test_a_number_that_is_none_is_told_what_to_give(words: tuple[str, ...], sentence: str) -> None:
    """As it was typed, in one sentence."""
    verb, *options = words
    said = CliRunner().invoke(cli, [verb, "resnet50", *options], standalone_mode=False)
    assert isinstance(said.exception, click.UsageError)
    assert said.exception.format_message() == sentence


def test_every_number_is_told_so() -> None:
    """`ab` has all options of `run`, and some more: none has click's own words."""
    kinds = {param.name: param.type for param in cli.commands["ab"].params}
    numbers = (click.types.IntParamType, click.types.FloatParamType)
    found = {name: kind for name, kind in kinds.items() if isinstance(kind, numbers)}
    assert len(found) > 8
    assert {name for name, kind in found.items() if not isinstance(kind, Whole | Number)} == set()


def test_a_number_of_any_size_is_taken() -> None:
    """Where its range has no end."""
    assert Whole(min=0).convert(400 * "9", None, None) == 10**400 - 1


@pytest.mark.parametrize("name", ["PRECISIONS", "SCALES", "COMPILE_MODES", "CUDA_GRAPHS"])
def test_the_tool_offers_what_workloads_take(name: str) -> None:
    """It imports none of them, and so has these words too."""
    assert getattr(options, name) == getattr(of_workloads, name)
