"""The feed of an experiment's screen: from a directory to pictures, as seldom as the evidence costs."""

from __future__ import annotations

import time
from pathlib import Path
from threading import Event

import pytest

from mlperf_tui.analysis.ab.result import Ab
from mlperf_tui.errors import MlperfTuiError
from mlperf_tui.records import Clock, End, Record, Stage
from mlperf_tui.session.experiments import ExperimentFolder, create
from mlperf_tui.session.log import Log
from mlperf_tui.steps.facts import boot_id, hostname
from mlperf_tui.viewer.ab import feed as feeding
from mlperf_tui.viewer.ab.feed import AbFeed
from mlperf_tui.viewer.ab.picture import Picture
from tests.viewer.ab.made import faster, plan


class Weighing:
    """Counts how often it was asked; `trouble` is raised instead of an answer."""

    def __init__(self) -> None:
        shown = faster().held
        assert shown is not None
        self.ab = shown.ab
        self.asked = 0
        self.trouble: Exception | None = None

    def __call__(self) -> Ab:
        self.asked += 1
        if self.trouble is not None:
            raise self.trouble
        return self.ab


@pytest.fixture
def folder(tmp_path: Path) -> ExperimentFolder:
    return create(tmp_path, plan())


def write(folder: ExperimentFolder, *records: Record) -> None:
    """A runner of now, on this machine."""
    log = Log(folder.new_log())
    log.write(Clock(time.monotonic_ns(), time.time_ns(), hostname(), boot_id()), *records)
    log.close()


def test_a_finished_one_is_weighed_once(folder: ExperimentFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing more will come, however often it is due; it is still looked at."""
    monkeypatch.setattr(feeding, "WEIGH_PERIOD_S", 0.0)
    monkeypatch.setattr(feeding, "WEIGH_SHARE", 0)
    now = time.monotonic_ns()
    write(folder, Stage(now, "measuring fp32", 1, "fp32"), End(now, "finished", "settled after 4 pairs"))
    weighing = Weighing()
    feed = AbFeed(folder, weighing)
    shown = [feed.poll() for _ in range(5)][-1]
    assert weighing.asked == 1
    assert (shown.status.word, shown.status.detail) == ("finished", "settled after 4 pairs")
    assert shown.held is not None
    assert shown.held.ab is weighing.ab
    assert shown.age_s is not None
    assert shown.events[-1].text == "finished: settled after 4 pairs"


def test_a_new_pair_is_weighed_at_once(folder: ExperimentFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    """In between only when it is due again."""
    monkeypatch.setattr(feeding, "WEIGH_PERIOD_S", 3600.0)
    weighing = Weighing()
    feed = AbFeed(folder, weighing)
    feed.poll()
    write(folder, Stage(time.monotonic_ns(), "starting fp32", 1))
    feed.poll()
    feed.poll()
    asked = weighing.asked
    log = Log(folder.readings()[-1])
    log.write(Stage(time.monotonic_ns(), "warming up fp32", 1, "fp32"))
    assert feed.poll().stage is not None
    assert weighing.asked == asked
    log.write(Stage(time.monotonic_ns(), "starting amp-bf16", 2))
    log.close()
    feed.poll()
    assert weighing.asked == asked + 1


def test_what_cannot_be_weighed_keeps_what_was_known(folder: ExperimentFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the reason beside it; it is tried again."""
    monkeypatch.setattr(feeding, "WEIGH_PERIOD_S", 0.0)
    monkeypatch.setattr(feeding, "WEIGH_SHARE", 0)
    weighing = Weighing()
    feed = AbFeed(folder, weighing)
    first = feed.poll()
    weighing.trouble = MlperfTuiError("s-1 can't be read")
    write(folder, Stage(time.monotonic_ns(), "starting fp32", 1))
    broken = feed.poll()
    assert broken.held is first.held
    assert "s-1 can't be read" in broken.trouble
    weighing.trouble = None
    assert feed.poll().trouble == ""


def test_a_removed_experiment_is_told(folder: ExperimentFolder) -> None:
    """The last picture stays."""
    feed = AbFeed(folder, Weighing())
    before = feed.poll()
    folder.remove()
    after = feed.poll()
    assert (after.status.word, after.status.detail) == ("gone", "its directory was removed")
    assert after.held is before.held


def test_another_machine_s_clock_is_not_ours(folder: ExperimentFolder) -> None:
    """Its records say how long it ran; our clock says nothing of it."""
    log = Log(folder.new_log())
    log.write(Clock(1_000, 1, "elsewhere", "another boot"), Stage(5_000_001_000, "starting fp32", 1))
    log.close()
    assert AbFeed(folder, Weighing()).poll().elapsed_s == 5.0


def test_it_ends_when_it_is_told_to(folder: ExperimentFolder) -> None:
    """After a picture at least."""
    leave, shown = Event(), list[Picture]()
    leave.set()
    AbFeed(folder, Weighing()).run(shown.append, leave)
    assert len(shown) == 1
