"""Looked at from anywhere, a moment of a session shows what reading every line up to it shows."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlperf_tui.records import Minute, Record
from mlperf_tui.session import index
from mlperf_tui.session.folder import Folder
from mlperf_tui.session.follow import Follower, Origin
from mlperf_tui.session.index import Index
from mlperf_tui.session.status import Status
from mlperf_tui.viewer import lookback
from mlperf_tui.viewer.lookback import Standing
from mlperf_tui.viewer.model import Model
from mlperf_tui.viewer.snapshot import Snapshot
from tests.viewer.long import SECONDS, S, at, long_session, roll

STATUS = Status("finished")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Folder:
    return long_session(tmp_path_factory.mktemp("sessions"))


def line_by_line(folder: Folder, t: int) -> Snapshot:
    model = Model(folder.plan())
    for origin, record in Follower(folder).read(t):
        model.add(origin, record)
    return model.snapshot(t, STATUS, past=True)


def reached(folder: Folder, *moments: int) -> Snapshot:
    """From the index to the first moment, and from there on to the others."""
    standing = Standing(folder, folder.plan(), Index(folder), moments[0])
    for t in moments:
        standing.read(t)
        standing.t = t
        found = standing.model.snapshot(t, STATUS, past=True)
    return found


def same(found: Snapshot, expected: Snapshot) -> None:
    """All that is on the screen; curves of long ago come from minutes and are as fine as these."""
    for name in ("now", "wall_ns", "elapsed_s", "epoch", "epochs", "device", "ranks", "no_gpu", "host", "dump"):
        assert getattr(found, name) == getattr(expected, name), name
    assert (found.events, found.alarms) == (expected.events, expected.alarms)
    assert found.training.now == expected.training.now
    whole, other = found.training.whole, expected.training.whole
    assert (whole.steps, whole.source, whole.p50_s) == (other.steps, other.source, other.p50_s)
    assert whole.samples_per_s == pytest.approx(other.samples_per_s)
    assert found.training.silent_s == expected.training.silent_s
    assert found.learning.loss == expected.learning.loss
    assert found.learning.qualities == expected.learning.qualities
    newest = (found.training.curve.cells(20, 1), expected.training.curve.cells(20, 1))
    assert newest[0] == pytest.approx(newest[1])
    assert [_still(gpu) for gpu in found.gpus] == [_still(gpu) for gpu in expected.gpus]
    assert [_still(link) for link in found.links.gpus] == [_still(link) for link in expected.links.gpus]
    assert [thread.name for thread in found.threads.threads] == [thread.name for thread in expected.threads.threads]


def _still(shown: object) -> object:
    """Without its spark."""
    track = {name: None for name in ("busy", "traffic") if hasattr(shown, name)}
    return replace(shown, **track)  # type: ignore[type-var]


@settings(deadline=None, max_examples=10)
@given(second=st.floats(1, SECONDS + 10))
def test_any_moment_is_reached(folder: Folder, second: float) -> None:
    """From the minutes before it, as by reading all lines."""
    same(reached(folder, at(second)), line_by_line(folder, at(second)))


@settings(deadline=None, max_examples=5)
@given(st.lists(st.floats(200, SECONDS), min_size=2, max_size=5))
def test_going_on_is_as_good_as_going_there(folder: Folder, seconds: list[float]) -> None:
    """A model that plays from moment to moment shows the last one as one that was taken there."""
    same(reached(folder, *(at(second) for second in sorted(seconds))), line_by_line(folder, at(max(seconds))))


def test_a_fast_loop_is_read_from_its_minutes(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the lines are too many, all but the last ones are left unread, and nothing is missing or told twice."""
    read: list[str] = []
    add = Model.add

    def counted(model: Model, origin: Origin, record: Record) -> None:
        read.append(origin.file)
        add(model, origin, record)

    monkeypatch.setattr(Model, "add", counted)
    moment = at(1290)
    exact = line_by_line(folder, moment)
    read.clear()
    same(reached(folder, moment), exact)
    usual = read.count("steps-0-0.jsonl")
    monkeypatch.setattr(lookback, "RAW_BYTES", 1000)
    read.clear()
    same(reached(folder, moment), exact)
    assert 0 < read.count("steps-0-0.jsonl") < usual / 2
    assert read.count("readings-elsewhere-0.jsonl") > 4 * 180


def test_long_ago_is_read_from_hours(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of ten minutes each here, so that there is one."""
    monkeypatch.setattr(index, "MINUTES_OF_AN_HOUR", 10)
    monkeypatch.setattr(index, "SIGHT_NS", 300 * S)
    recalled: list[int] = []
    recall = Model.recall

    def counted(model: Model, minute: Minute, newest: int) -> None:
        recalled.append(minute.t1 - minute.t0)
        recall(model, minute, newest)

    monkeypatch.setattr(Model, "recall", counted)
    same(reached(folder, at(1290)), line_by_line(folder, at(1290)))
    assert recalled[0] > 590 * S
    assert len(recalled) < 12


def test_it_knows_how_far_the_output_was(folder: Folder) -> None:
    """From the newest reading before the moment."""
    standing = Standing(folder, folder.plan(), Index(folder), at(1000.5))
    standing.read(at(1000.5))
    assert standing.output_bytes == len("line of second 1000\n") * 1000 + 5


def test_what_lies_behind_or_far_ahead_is_reached_anew(folder: Folder) -> None:
    """All else is read on to."""
    standing = Standing(folder, folder.plan(), Index(folder), at(1000))
    standing.read(at(1000))
    standing.t = at(1000)
    assert [standing.leads_to(at(second)) for second in (999.9, 1000, 1030, 2000)] == [False, True, True, False]


def test_the_clock_is_known_from_the_first_line(tmp_path: Path) -> None:
    """Where none was written for long: which boot it is, and what time it was."""
    folder = long_session(tmp_path, rolled=False)
    for path in [*folder.readings(), *folder.steps()]:
        first, *lines = path.read_text().splitlines(keepends=True)
        path.write_text(first + "".join(line for line in lines if not line.startswith('{"clock"')))
    roll(folder)
    standing = Standing(folder, folder.plan(), Index(folder), at(1300))
    assert standing.model.boot == ("elsewhere", "boot")
    assert reached(folder, at(1300)).wall_ns == 1_764_000_000 * S + 1300 * S


def test_without_a_rollup_all_lines_are_read(tmp_path: Path) -> None:
    """It is only slower."""
    folder = long_session(tmp_path, rolled=False)
    same(reached(folder, at(700)), line_by_line(folder, at(700)))
