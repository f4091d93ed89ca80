"""What a shell completes arguments with."""

from __future__ import annotations

from pathlib import Path

import click

from mlperf_tui.cli.main import cli
from mlperf_tui.cli.options import complete_session
from tests.report.ab import turning
from tests.report.ab.turning import Arm


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
