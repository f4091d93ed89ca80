"""From when to when a session's files tell."""

from __future__ import annotations

from pathlib import Path

from mlperf_tui.records import About, Clock, HostInfo, HostReading, Late, Record, Step
from mlperf_tui.session.folder import Folder
from mlperf_tui.session.log import Log
from mlperf_tui.session.span import first_clock, last_time


def _write(path: Path, *records: Record) -> None:
    log = Log(path)
    log.write(*records)
    log.close()


def test_nothing_tells_of_no_moment(tmp_path: Path) -> None:
    """Before the recorder has written, and in an empty file."""
    (tmp_path / "readings-h-0.jsonl").touch()
    assert last_time(Folder(tmp_path)) == 0
    assert first_clock(Folder(tmp_path)) is None


def test_the_newest_moment_of_all_files(tmp_path: Path) -> None:
    """Behind it may stand records without a time, a torn line, and words that look like a time."""
    _write(tmp_path / "readings-h-0.jsonl", Clock(1, 2, "h", "b"), HostReading(70), HostInfo('{"step":{"t":999', 1, 1))
    _write(tmp_path / "steps-0-0.jsonl", *(Step(t, t) for t in range(3000)), Late(9, loss=0.5))
    with (tmp_path / "steps-0-0.jsonl").open("a") as file:
        file.write('{"st')
    assert last_time(Folder(tmp_path)) == 2999


def test_the_first_clock_is_the_recorders(tmp_path: Path) -> None:
    """Or a rank's, where no recorder came to write."""
    _write(tmp_path / "steps-0-0.jsonl", Clock(5, 6, "h", "b"), About(0, 1, 0, 7))
    assert first_clock(Folder(tmp_path)) == Clock(5, 6, "h", "b")
    _write(tmp_path / "readings-h-0.jsonl", Clock(1, 2, "h", "b"))
    assert first_clock(Folder(tmp_path)) == Clock(1, 2, "h", "b")
