"""The commands that compare, called as a shell does."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner

from mlperf_tui.cli.ab import asked_by
from mlperf_tui.cli.main import cli
from mlperf_tui.errors import MlperfTuiError
from tests.report.ab.test_build import copies

WORDS = ("python", "-m", "workloads.resnet50")


def test_stored_sessions_by_a_factor_that_is_named(tmp_path: Path) -> None:
    """Two things differ: with the one that is meant it is compared or not."""
    a = copies(tmp_path, 2, argv=(*WORDS, "--workers=1"))
    b = copies(tmp_path, 2, argv=(*WORDS, "--workers=2"))
    ids = [*(one.id for one in a), "--", *(one.id for one in b)]
    options = ("--within", "0.1%", "--factor", "workers")
    said = CliRunner().invoke(cli, ["--sessions", str(tmp_path), "compare", *options, *ids])
    assert said.exit_code == 0, said.output
    assert "±0.1 % was asked for" in " ".join(said.output.split())


def test_the_command_that_repeats_a_comparison(tmp_path: Path) -> None:
    """As it was typed, with ids in place of names, quoted for a shell: typed again, it says the same."""
    root = tmp_path / "my sessions"
    root.mkdir()
    a, b = copies(root, 2, precision="fp32"), copies(root, 2, precision="tf32")
    a[0].rename("before")
    b[0].rename("after it")
    options = ("--fail-if", "slower:3%", "--within", "0.12345%")
    names = ("before", a[1].id, "--", "after it", b[1].id)
    words = ["--sessions", str(root), "compare", *options, "--format", "text", *names]
    said = CliRunner().invoke(cli, words)
    assert said.exit_code == 0, said.output
    command = said.stdout.splitlines()[-1].removeprefix("command: ")
    ids = f"{a[0].id} {a[1].id} -- {b[0].id} {b[1].id}"
    assert command == f"mlperf-tui --sessions '{root}' compare --within 0.12345% --fail-if slower:3% {ids}"
    assert CliRunner().invoke(cli, shlex.split(command)[1:]).output == said.output


def test_nothing_that_nobody_typed_is_in_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither the factor that was found, nor the place that the environment names."""
    monkeypatch.setenv("MLPERF_TUI_SESSIONS", str(tmp_path))
    a, b = copies(tmp_path, 1, precision="fp32"), copies(tmp_path, 1, precision="tf32")
    said = CliRunner().invoke(cli, ["compare", a[0].id, "--", b[0].id])
    assert said.output.splitlines()[-1] == f"command: mlperf-tui compare {a[0].id} -- {b[0].id}"


def test_an_experiment_s_command_leaves_out_only_how_it_is_watched() -> None:
    """What stands behind the dashes is the program's own."""
    typed = ["ab", "--headless", "--vary", "x=1,2", "--no-mouse", "--", "python", "t.py", "{x}", "--headless"]
    assert asked_by(typed) == ("mlperf-tui", "ab", "--vary", "x=1,2", *typed[5:])


def test_a_factor_of_none_is_one_sentence(tmp_path: Path) -> None:
    """With what there is."""
    ids = [one.id for one in copies(tmp_path, 4)]
    words = ["--sessions", str(tmp_path), "compare", "--factor", "worker", *ids[:2], "--", *ids[2:]]
    said = CliRunner().invoke(cli, words, standalone_mode=False)
    assert isinstance(said.exception, MlperfTuiError)
    with pytest.raises(MlperfTuiError, match="--factor worker: no run was given it, and it is none of workload"):
        raise said.exception


def test_an_option_behind_the_dashes_is_told_where_it_belongs(tmp_path: Path) -> None:
    """It would be taken for a session else."""
    a, b = copies(tmp_path, 2)
    words = ["--sessions", str(tmp_path), "compare", a.id, "--", b.id, "--format", "json"]
    said = CliRunner().invoke(cli, words)
    assert said.exit_code != 0
    assert "--format stands behind `--`, among B: give options before the first session" in said.output
