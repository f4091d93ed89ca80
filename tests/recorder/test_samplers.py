"""What the paces of a recording do together."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest

from mlperf_tui.recorder.readings import Readings
from mlperf_tui.recorder.samplers import Samplers
from mlperf_tui.records import Alarm, HostReading, StackReading
from mlperf_tui.sampling.helpers import Helpers
from mlperf_tui.sampling.stat import stat_of
from mlperf_tui.sampling.tree import Tree
from mlperf_tui.session.folder import Folder
from mlperf_tui.session.log import Tail

PROGRAM = "print('ready', flush=True); import time; time.sleep(100)"


class Stalled:
    """A watch that finds a stalled run."""

    def look(self, *_seen: object) -> list[tuple[str, str]]:
        return [("no-step", "no step for 80 s")]


def test_a_stalled_run_dumps_its_stacks(tmp_path: Path) -> None:
    """By itself, once the alarm begins."""
    child = subprocess.Popen([sys.executable, "-c", PROGRAM], stdout=subprocess.PIPE)
    assert child.stdout is not None
    assert child.stdout.readline() == b"ready\n"
    stat = stat_of(child.pid)
    assert stat is not None
    helpers, readings = Helpers(), Readings(Folder(tmp_path))
    samplers = Samplers(Folder(tmp_path), readings, partial(Tree, tmp_path, (child.pid, stat.start), helpers), helpers)
    samplers._watch = Stalled()  # type: ignore[assignment]
    samplers._roll()
    samplers.threads.end(60)
    child.kill()
    child.communicate()
    readings.close()
    [path] = Folder(tmp_path).readings()
    said = list(Tail(path).read())
    assert [record.kind for record in said if isinstance(record, Alarm)] == ["no-step"]
    assert {record.pid for record in said if isinstance(record, StackReading)} == {child.pid}


def test_what_comes_too_late_is_dropped(tmp_path: Path) -> None:
    """A thread that was left behind writes into no other file that has got the descriptor since."""
    readings = Readings(Folder(tmp_path))
    readings.close()
    other = os.open(tmp_path / "other", os.O_WRONLY | os.O_CREAT)
    readings.write(Alarm(time.monotonic_ns(), "late", "too late"))
    os.close(other)
    assert (tmp_path / "other").read_text() == ""


def test_each_reading_of_the_host_tells_what_it_swapped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A total since the boot."""
    monkeypatch.setattr(psutil, "swap_memory", lambda: SimpleNamespace(sin=1 << 20, sout=2 << 20))
    stat = stat_of(os.getpid())
    assert stat is not None
    helpers, readings = Helpers(), Readings(Folder(tmp_path))
    samplers = Samplers(
        Folder(tmp_path), readings, partial(Tree, tmp_path, (os.getpid(), stat.start), helpers), helpers
    )
    samplers._read_host()
    samplers.threads.end(60)
    readings.close()
    [path] = Folder(tmp_path).readings()
    [reading] = [record for record in Tail(path).read() if isinstance(record, HostReading)]
    assert reading.swapped_bytes == 3 << 20
