"""The command at a session's end finds what it needs, may fail, and never outlives its minute."""

from __future__ import annotations

import dataclasses
import os
import time
from pathlib import Path

import pytest

from mlperf_tui.recorder import on_end
from mlperf_tui.recorder.on_end import run_on_end
from mlperf_tui.records import End
from mlperf_tui.session.folder import Folder, create
from tests.session.test_folder import plan

END = End(1, "failed", "killed by SIGKILL", signal=9)


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return create(tmp_path / "sessions", dataclasses.replace(plan("s-1"), cwd=str(tmp_path)))


def test_it_finds_the_session_in_its_environment(folder: Folder, tmp_path: Path) -> None:
    """Run by the shell in the plan's directory; its output is kept in recorder.log."""
    command = (
        "echo $MLPERF_TUI_SESSION $MLPERF_TUI_STATUS $MLPERF_TUI_EXIT_CODE >said;"
        "echo $MLPERF_TUI_SESSION_DIR $MLPERF_TUI_SUMMARY >>said; echo seen"
    )
    run_on_end(folder, folder.plan(), END, command)
    said = (tmp_path / "said").read_text().split()
    assert said == ["s-1", "failed", "137", str(folder.path), str(folder.summary)]
    assert folder.recorder_output.read_text() == "seen\n"


def test_a_failure_is_one_line(folder: Folder) -> None:
    """Of the command, or of starting it; and an exit code that nobody saw is empty."""
    run_on_end(folder, folder.plan(), End(1, "interrupted", "?"), 'test -z "$MLPERF_TUI_EXIT_CODE" && exit 3')
    gone = dataclasses.replace(folder.plan(), cwd="/nowhere at all")
    run_on_end(folder, gone, END, "true")
    assert folder.recorder_output.read_text().splitlines() == [
        "--on-end: it ended with exit code 3",
        "--on-end: it can't be started: No such file or directory",
    ]


def test_it_is_killed_with_its_children_when_it_takes_too_long(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also the ones that it put into the background."""
    monkeypatch.setattr(on_end, "LIMIT_S", 0.5)
    run_on_end(folder, folder.plan(), END, "sleep 100 & echo $!; wait")
    pid, told = folder.recorder_output.read_text().splitlines()
    assert told.startswith("--on-end: it was killed after")
    for _ in range(100):
        if not _runs(int(pid)):
            return
        time.sleep(0.05)
    raise AssertionError("it still runs")


def test_a_session_that_was_removed_is_no_error(folder: Folder) -> None:
    """There is nowhere to say anything then."""
    folder.session.unlink()
    gone = plan("s-1")
    folder.path.rmdir()
    run_on_end(folder, gone, END, "true")


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
        return "Z" not in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2]
    except (ProcessLookupError, FileNotFoundError):
        return False
