"""A run whose recorder was gone for a while: the next one tells for how long."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from mlperf_tui.recorder.recording import Recording
from mlperf_tui.records import Alarm, Clock
from mlperf_tui.session.folder import Folder, create
from mlperf_tui.session.lock import Lock
from mlperf_tui.session.log import Log, Tail
from mlperf_tui.steps.facts import boot_id, hostname
from tests.session.test_folder import plan

S = 1_000_000_000


def recorded_until(root: Path, ago_s: float | None) -> Folder:
    """A session whose recorder wrote its last line so long ago; None wrote none."""
    folder = create(root, plan("s-1"))
    if ago_s is not None:
        log = Log(folder.new_readings(hostname()))
        log.write(Clock(time.monotonic_ns() - round(ago_s * S), time.time_ns(), hostname(), boot_id()))
        log.close()
    return folder


@pytest.mark.parametrize(("ago_s", "told"), [(42.1, True), (0.0, False), (None, False)])
def test_a_gap_is_an_alarm(tmp_path: Path, ago_s: float | None, told: bool) -> None:
    """By the last line before; a moment is none, and the first recorder of a run has nothing to tell."""
    folder = recorded_until(tmp_path, ago_s)
    held = Lock.take(folder.lock)
    assert held is not None
    Recording(folder, held)._tell_the_gap()
    alarms = [one for path in folder.readings() for one in Tail(path).read() if isinstance(one, Alarm)]
    assert [alarm.kind for alarm in alarms] == ["unrecorded"] * told
    assert all(alarm.text.startswith("not recorded for 42") for alarm in alarms)
