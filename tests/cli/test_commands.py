"""What the commands that open the viewer say of themselves, and of what they were mistyped as."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from mlperf_tui.catalog import WORKLOADS
from mlperf_tui.cli import experiments, say, sessions
from mlperf_tui.cli.main import cli
from mlperf_tui.cli.run import check_run
from mlperf_tui.errors import NotFound
from mlperf_tui.session.status import status
from tests.launch.left import left_going
from tests.report.ab import turning
from tests.report.ab.turning import Arm
from tests.viewer.app_of import RECORDED

SESSION = "s-20261124-091204-cpu-digits"


def test_the_list_of_commands_is_cut_nowhere() -> None:
    """On a terminal of 80 columns."""
    said = CliRunner().invoke(cli, ["--help"], terminal_width=80).output
    assert "workloads " in said
    assert not [line for line in said.splitlines()[1:] if line.endswith("...")]
    assert all(len(line) <= 80 for line in said.splitlines())


def test_help_tells_the_defaults_and_every_workloads_data() -> None:
    """Of --scale and --batch, and each name that a workload's own small data has."""
    said = " ".join(CliRunner().invoke(cli, ["run", "--help"], terminal_width=80).output.split())
    assert "By default tiny on a CPU" in said
    assert "by default the scale's" in said
    for workload in WORKLOADS.values():
        own = workload.data.split(",")[0]
        assert own.startswith("DeepBench") or own in said, own


@pytest.mark.parametrize("verb", ["run", "ab"])
def test_only_what_is_alike_is_suggested(verb: str) -> None:
    """Some letters in common are not enough; then all are named, and the command that tells of them."""
    for typed, meant in (("resnet51", "resnet50"), ("resnet", "resnet50"), ("maskrnn", "maskrcnn"), ("nfc", None)):
        with pytest.raises(NotFound) as caught:
            check_run(typed, (), (), {}, verb)
        assert (f"did you mean {meant}?" in str(caught.value)) == (meant is not None), typed
    with pytest.raises(NotFound, match=f"`mlperf-tui workloads`.*mlperf-tui {verb} -- nosuch") as caught:
        check_run("nosuch", (), (), {}, verb)
    assert "did you mean" not in str(caught.value)


def test_watch_headless_takes_no_screen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a terminal that could show one: lines and the summary, of a session and of an experiment."""
    monkeypatch.setattr(sessions, "has_screen", lambda: True)
    shutil.copytree(RECORDED / "cpu-digits", tmp_path / SESSION)
    turning.experiment(tmp_path, [Arm("fp32", (400.0,)), Arm("amp", (1600.0,))], gpu=False)
    for known, told in ((SESSION, "throughput"), ("e-", "status ")):
        said = CliRunner().invoke(cli, ["--sessions", str(tmp_path), "watch", known, "--headless"], obj=tmp_path)
        assert said.exception is None, said.output
        assert told in said.output


def test_what_a_killed_runner_left_is_told_and_stopped(tmp_path: Path) -> None:
    """The summary says how; `stop` says what it ended, and the next summary only how to go on."""
    with left_going(tmp_path) as (folder, run):
        words = ["--sessions", str(tmp_path)]
        told = CliRunner().invoke(cli, [*words, "summary", folder.id]).output
        assert "its runner is gone, 1 run of it still goes\n" in told
        assert f"to end what still goes: mlperf-tui stop {folder.id}\n" in told
        said = CliRunner().invoke(cli, [*words, "stop", folder.id]).output
        assert said == f"{folder.id}: its runner was gone and 1 run still went; ended {run.id}\n"
        assert status(run).word == "stopped"
        told = CliRunner().invoke(cli, [*words, "summary", folder.id]).output
        assert "mlperf-tui stop" not in told
        assert told.endswith(f"to go on: mlperf-tui ab --continue {folder.id}\n")


@pytest.mark.parametrize("width", [60, 90, 160])
def test_an_experiment_is_told_at_the_width_of_its_terminal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, width: int
) -> None:
    """Wrapped once, its status too; only a command is wider."""
    turning.experiment(tmp_path, [Arm("fp32", (400.0, 401.0)), Arm("amp", (1600.0, 1601.0))], gpu=False)
    for room in (experiments, say):
        monkeypatch.setattr(room, "columns", lambda: width)
    said = CliRunner().invoke(cli, ["--sessions", str(tmp_path), "summary", "e-"])
    lines = [line for line in said.output.splitlines() if "mlperf-tui" not in line]
    assert max(map(len, lines)) <= width
    note = next(at for at, line in enumerate(lines) if line.startswith("note"))
    first, second = lines[note : note + 2]
    assert len(first) + len(second.split()[0]) >= width
