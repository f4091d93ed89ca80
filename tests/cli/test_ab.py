"""The commands that compare, called as a shell does."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from mlperf_tui.cli.main import cli
from mlperf_tui.errors import MlperfTuiError
from tests.report.ab.test_build import copies

WORDS = ("python", "-m", "workloads.resnet50")


def test_stored_sessions_by_a_factor_that_is_named(tmp_path: Path) -> None:
    """Two things differ: with the one that is meant it is compared or not, and the command says it all once more."""
    a = copies(tmp_path, 2, argv=(*WORDS, "--workers=1"))
    b = copies(tmp_path, 2, argv=(*WORDS, "--workers=2"))
    ids = [*(one.id for one in a), "--", *(one.id for one in b)]
    options = ("--within", "0.1%", "--factor", "workers")
    said = CliRunner().invoke(cli, ["--sessions", str(tmp_path), "compare", *options, *ids])
    assert said.exit_code == 0, said.output
    assert said.output.splitlines()[-1] == f"command: mlperf-tui compare --within 0.1% --factor workers {' '.join(ids)}"
    assert "±0.1 % was asked for" in " ".join(said.output.split())


def test_a_factor_of_none_is_one_sentence(tmp_path: Path) -> None:
    """With what there is."""
    ids = [one.id for one in copies(tmp_path, 4)]
    words = ["--sessions", str(tmp_path), "compare", "--factor", "worker", *ids[:2], "--", *ids[2:]]
    said = CliRunner().invoke(cli, words, standalone_mode=False)
    assert isinstance(said.exception, MlperfTuiError)
    with pytest.raises(MlperfTuiError, match="--factor worker: no run was given it, and it is none of workload"):
        raise said.exception
