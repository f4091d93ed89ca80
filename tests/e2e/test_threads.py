"""Threads, frames and dumps of a real run, as its readings hold them."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import pytest

from mlperf_tui import launch
from mlperf_tui.errors import MlperfTuiError
from mlperf_tui.records import (
    Alarm,
    FrameReading,
    HostReading,
    Record,
    Source,
    StackReading,
    ThreadInfo,
    ThreadReading,
    Unavailable,
)
from mlperf_tui.session.folder import Folder
from mlperf_tui.session.log import Tail
from tests.e2e.tool import PROGRAMS, Tool, ended, holders, kill, until

R = TypeVar("R", bound=Record)
BUSY = (sys.executable, str(PROGRAMS / "busy.py"))
WITH_PY_SPY = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))


def said(folder: Folder, kind: type[R]) -> list[R]:
    """All records of a kind in the readings so far."""
    return [record for path in folder.readings() for record in Tail(path).read() if isinstance(record, kind)]


def await_said(folder: Folder, kind: type[R], good: Callable[[R], bool]) -> R:
    """The first record of a kind that is good, once there is one."""
    until(lambda: any(good(record) for record in said(folder, kind)), f"a good {kind.__name__}")
    return next(record for record in said(folder, kind) if good(record))


def test_the_busy_thread_and_its_frame(tool: Tool) -> None:
    """Who works, how much, as whom, and in which function; and py-spy is nobody of the run."""
    folder = tool.start("--", *BUSY, "60", PATH=WITH_PY_SPY)
    pid = await_said(folder, ThreadInfo, lambda info: info.name == "rank 0 main").pid
    reading = await_said(folder, ThreadReading, lambda reading: pid in reading.tids)
    assert reading.tids[0] == pid
    assert 0 < (reading.cpu_cores[0] or 0) <= 1
    frame = await_said(folder, FrameReading, lambda frame: any("work_hard busy.py:" in at for at in frame.frames))
    assert frame.pid == pid
    assert {source.series for source in said(folder, Source)} >= {"thread.cpu_cores", "thread.frame"}
    assert all(reading.run_processes == 1 for reading in said(folder, HostReading))
    assert tool("stop", folder.id).code == 0
    assert not [note for note in said(folder, Unavailable) if note.series.startswith("thread")]


def test_a_dump_on_request(tool: Tool) -> None:
    """Every rank's threads, whole, with one moment; another one adds to it. A run that has ended can't be dumped."""
    folder = tool.start("--", *BUSY, "60", PATH=WITH_PY_SPY)
    await_said(folder, ThreadInfo, lambda info: info.name == "rank 0 main")
    launch.dump(folder)
    main = await_said(folder, StackReading, lambda stack: stack.name == "rank 0 main")
    assert main.frames[-1].startswith("<module> busy.py:")
    stacks = {stack.name: stack for stack in said(folder, StackReading)}
    assert stacks["rank 0 my helper"].t == main.t
    assert stacks["rank 0 my helper"].rank == 0
    assert tool("stop", folder.id).code == 0
    with pytest.raises(MlperfTuiError, match="is not running: it is stopped"):
        launch.dump(folder)


def test_a_lost_recorder_can_dump_nothing(tool: Tool) -> None:
    """That is said, with what brings another one."""
    folder = tool.start("--", *BUSY, "60", PATH=WITH_PY_SPY)
    found = holders(folder)
    assert found.recorder is not None
    kill(found.recorder.pid)
    until(lambda: found.recorder is not None and not found.recorder.alive, "its end")
    with pytest.raises(MlperfTuiError, match="has lost its recorder: `mlperf-tui watch"):
        launch.dump(folder)


def test_a_hanging_py_spy_delays_nothing(tool: Tool, tmp_path: Path) -> None:
    """All other readings come at their pace, and the run ends as it would."""
    (tmp_path / "py-spy").write_text("#!/bin/sh\nexec sleep 1000\n")
    (tmp_path / "py-spy").chmod(0o755)
    folder = tool.start("--", *BUSY, "6", PATH=os.pathsep.join((str(tmp_path), os.environ["PATH"])))
    assert ended(folder) == "finished"
    assert said(folder, ThreadReading)
    assert len(said(folder, HostReading)) >= 3
    assert said(folder, FrameReading) == []


def test_a_refusal_is_told_once(tool: Tool, tmp_path: Path) -> None:
    """By the first one; and a dump that is asked for says so, too."""
    (tmp_path / "py-spy").write_text("#!/bin/sh\necho 'Permission Denied: try sudo' >&2\nexit 1\n")
    (tmp_path / "py-spy").chmod(0o755)
    folder = tool.start("--", *BUSY, "60", PATH=os.pathsep.join((str(tmp_path), os.environ["PATH"])))
    note = await_said(folder, Unavailable, lambda note: note.series == "thread.frame")
    assert note.reason.startswith("py-spy may not read this process (")
    launch.dump(folder)
    assert await_said(folder, Unavailable, lambda note: note.series == "stack").reason == note.reason
    assert tool("stop", folder.id).code == 0
    assert sum(note.series == "thread.frame" for note in said(folder, Unavailable)) == 1
    assert said(folder, Alarm) == []
