"""The command at a run's end, and the alarms of a run that is over at once."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from mlperf_tui.launch.planning import redacted as _redacted
from tests.e2e.tool import Tool, ended, holders, kill, until

NAN = """
from mlperf_tui.steps import Steps
steps = Steps(samples_per_step=1)
for n in range(3):
    steps.end(loss=float("nan"))
"""
SECRET = "hf_abcdefghijklmnopqrst"


def test_the_command_runs_with_its_secret_which_is_written_nowhere(tool: Tool, tmp_path: Path) -> None:
    """It comes after the summary; the run's own environment and the session don't hold it."""
    told = tmp_path / "told"
    command = f'ls "$MLPERF_TUI_SUMMARY" && echo "$MLPERF_TUI_STATUS {SECRET}" > {told}'
    said = tool("run", "--headless", "--on-end", command, "--", "sh", "-c", "env")
    assert said.code == 0, said.err
    until(lambda: told.exists() and told.read_text(), "the command")
    assert told.read_text() == f"finished {SECRET}\n"
    held = [path.read_text(errors="replace") for path in tool.only().path.iterdir() if path.is_file()]
    assert not [text for text in held if SECRET in text]
    assert not [text for text in held if "MLPERF_TUI_ON_END" in text]


def test_another_recorder_runs_the_command_as_planned(tool: Tool, tmp_path: Path) -> None:
    """It knows only the plan; where a secret was left out of that, nothing is run."""
    for name, secret in (("plain", ""), ("secret", f"; echo {SECRET}")):
        folder = tool.train(300, "--on-end", f"touch {tmp_path / name}{secret}")
        found = holders(folder)
        assert found.recorder is not None
        kill(found.recorder.pid)
        tool("watch", folder.id)
        assert ended(folder) == "finished"
    until((tmp_path / "plain").exists, "the command")
    assert not (tmp_path / "secret").exists()


@pytest.mark.parametrize(
    ("command", "shown"),
    [
        ("make clean && ls > out", "make clean && ls > out"),
        ("mail --token abc", "mail --token '[redacted]'"),
        ("it's unbalanced hf_abcdefghijklmnop", "it's unbalanced [redacted]"),
    ],
)
def test_a_command_is_shown_without_its_secrets(command: str, shown: str) -> None:
    """And as it was typed where it has none, which is when it can be run again."""
    assert _redacted(command) == shown


def test_the_last_seconds_give_alarms_too(tool: Tool, tmp_path: Path) -> None:
    """A loss that is no number, in a run shorter than the time between two looks."""
    (tmp_path / "nan.py").write_text(NAN)
    assert tool("run", "--headless", "--", sys.executable, str(tmp_path / "nan.py")).code == 0
    alarms = tool.summary(tool.only())["alarms"]
    assert [alarm["kind"] for alarm in alarms] == ["loss-not-finite"]
