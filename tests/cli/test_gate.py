"""What --fail-if came to is said on stderr: its exit code alone doesn't tell "no" from "can't tell"."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from mlperf_tui.analysis.ab.result import Ab, Comparison, Learning, Look, Speed
from mlperf_tui.cli.experiments import code_of, verdict_code
from mlperf_tui.cli.main import cli
from tests.report.ab import turning
from tests.report.ab.test_build import copies
from tests.report.ab.turning import Arm

SLOWER = ("slower", 0.03)


def of(*intervals: tuple[float, float] | None, refused: tuple[str, ...] = ()) -> Ab:
    """A comparison for each interval; None has none."""
    speeds = [Speed("cannot_tell", "", (Look(3, (one[0] * one[1]) ** 0.5, *one),) if one else ()) for one in intervals]
    arms = [f"arm{at}" for at in range(len(speeds) + 1)]
    comparisons = [
        Comparison(arms[0], b, speed, Learning("cannot_tell", ""), (), "")
        for b, speed in zip(arms[1:], speeds, strict=True)
    ]
    return Ab("x", tuple(arms), "samples/s", 3, 0.02, tuple(comparisons), (), refused)


@pytest.mark.parametrize(
    ("result", "code", "said"),
    [
        (of((0.53, 1.07)), 0, "not sure (B is 0.530 to 1.070 times as fast as A): passes"),
        (of((0.98, 1.02)), 0, "held (B is 0.980 to 1.020 times as fast as A): passes"),
        (of((0.9, 0.96)), 1, "broken (B is 0.900 to 0.960 times as fast as A): fails"),
        (of(None), 0, "not sure (no interval for B against A): passes"),
        (of((0.98, 1e200)), 0, "held (B is at least 0.980 times as fast as A): passes"),
        (of((1e-200, 0.5)), 1, "broken (B is at most 0.500 times as fast as A): fails"),
        (of((1e-200, 1e200)), 0, "not sure (the interval for B against A says nothing yet): passes"),
        (of((0.98, 1.02), refused=("no",)), 125, "not judged (these can't be compared)"),
        (
            of((0.98, 1.02), (0.5, 2.5)),
            0,
            "not sure (arm1 is 0.980 to 1.020 times as fast as arm0; arm2 is 0.500 to 2.50 times as fast as arm0): "
            "passes",
        ),
    ],
)
def test_the_gate_is_told(capsys: pytest.CaptureFixture[str], result: Ab, code: int, said: str) -> None:
    """In one line, with the numbers that it rests on; the exit code is what it was."""
    assert code_of(result, SLOWER) == code
    assert capsys.readouterr() == ("", f"gate slower:3%: {said}\n")


def test_without_a_rule_nothing_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    """Nobody asked."""
    assert (code_of(of((0.9, 0.96)), None), code_of(of(refused=("no",)), None)) == (0, 125)
    assert capsys.readouterr() == ("", "")


def test_stored_sessions(tmp_path: Path) -> None:
    """The answer itself, on stdout, is as without a rule."""
    ids = [one.id for one in copies(tmp_path, 4)]
    words = ["--format", "json", *ids[:2], "--", *ids[2:]]
    plain = CliRunner().invoke(cli, ["--sessions", str(tmp_path), "compare", *words])
    said = CliRunner().invoke(cli, ["--sessions", str(tmp_path), "compare", "--fail-if", "slower:2.5%", *words])
    assert plain.stderr == ""
    assert said.stderr.startswith("gate slower:2.5%: ")
    assert len(said.stderr.splitlines()) == 1
    assert said.stdout.splitlines()[0] == plain.stdout.splitlines()[0]


def test_an_experiment(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Judged once it is over; one that failed keeps its own exit code."""
    folder = turning.experiment(tmp_path, [Arm("fp32", (400.0, 401.0)), Arm("amp", (100.0, 101.0))], gpu=False)
    assert verdict_code(folder, SLOWER, 0) == 1
    assert capsys.readouterr().err.startswith("gate slower:3%: broken (B is ")
    assert verdict_code(folder, SLOWER, 143) == 143
    assert capsys.readouterr().err.startswith(f"gate slower:3%: not judged ({folder.id} is ")
    assert verdict_code(folder, None, 143) == 143
    assert capsys.readouterr().err == ""


def test_one_that_is_left_to_itself(tmp_path: Path) -> None:
    """Its id alone is on stdout."""
    words = ["ab", "--vary", "x=1,2", "--pairs", "1", "--detach", "--fail-if", "slower:3%", "--", "true", "{x}"]
    said = CliRunner().invoke(cli, ["--sessions", str(tmp_path), *words])
    try:
        assert said.exit_code == 0, said.output
        assert said.stderr == "gate slower:3%: not judged (--detach doesn't wait for the answer)\n"
        assert said.stdout.startswith("e-")
    finally:
        CliRunner().invoke(cli, ["--sessions", str(tmp_path), "stop", "last"])
