"""Looking back through the feed: the cursor's moment is shown, it plays, and live again all is right."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from mlperf_tui.records import Step, encode
from mlperf_tui.session.status import Status
from mlperf_tui.viewer import feed as room
from mlperf_tui.viewer.feed import Feed
from mlperf_tui.viewer.lookback import Standing
from mlperf_tui.viewer.snapshot import Look, Snapshot
from tests.viewer.long import LINE, SECONDS, T0, S, at, long_session


class Clock:
    """Stands in for the module `time`, and for a host and boot of its own."""

    def __init__(self, patch: pytest.MonkeyPatch, second: float, word: str = "running") -> None:
        self.now = at(second)
        patch.setattr(room, "time", self)
        patch.setattr(room, "hostname", lambda: "here")
        patch.setattr(room, "boot_id", lambda: "boot")
        patch.setattr(room, "status", lambda _: Status(word))

    def monotonic_ns(self) -> int:
        return self.now

    def monotonic(self) -> float:
        return self.now / S

    def pass_by(self, seconds: float) -> None:
        self.now += round(seconds * S)


def test_a_moment_of_an_ended_session(tmp_path: Path) -> None:
    """Its numbers, its output up to there without the line that was cut, and the cursor; then its end again."""
    feed = Feed(long_session(tmp_path))
    end = feed.poll()
    feed.look(at(700.5))
    found = feed.poll()
    assert found.look == Look(at(700.5), 0.0, T0, at(SECONDS))
    assert found.now == at(700.5)
    assert found.status == end.status
    assert found.learning.loss == pytest.approx(5 - 0.698)  # of the last second that is over
    assert found.gpus[0].busy_pct is not None
    assert found.output[-1] == LINE.format(699).strip()
    assert found.output_end == 700 * len(LINE.format(0)) + 5
    assert len(found.events) < len(end.events)
    feed.look(None)
    assert feed.poll() == end
    assert end.look is None
    assert end.output_end == SECONDS * len(LINE.format(0))


def test_beyond_both_ends(tmp_path: Path) -> None:
    """The cursor stays at what there is."""
    feed = Feed(long_session(tmp_path))
    feed.poll()
    for t, stands in ((1, T0), (at(SECONDS) + 5, at(SECONDS))):
        feed.look(t)
        look = feed.poll().look
        assert look is not None
        assert look.t == stands


def test_before_anything_was_printed(tmp_path: Path) -> None:
    """Before the first reading nothing is known of the output; with it, that there was none yet, or how much."""
    feed = Feed(long_session(tmp_path))
    for second, end in ((0.5, None), (1.5, len(LINE.format(0)) + 5)):
        feed.look(at(second))
        assert feed.poll().output_end == end
    feed.look(at(0.5))
    assert feed.poll().output == ()


def test_it_plays_and_stops_at_the_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """At so many times the real time, with one model; what is asked for while it plays holds at once."""
    clock = Clock(monkeypatch, SECONDS + 100, "finished")
    feed = Feed(long_session(tmp_path, host="here"))
    feed.look(at(1000))
    feed.play(10)
    seen = [feed.poll()]
    reached = len(_reached(monkeypatch))
    for _ in range(4):
        clock.pass_by(0.5)
        seen.append(feed.poll())
    assert [snapshot.now for snapshot in seen] == [at(1000 + 5 * turn) for turn in range(5)]
    assert reached == 0
    clock.pass_by(100)
    assert feed.poll().look == Look(at(SECONDS), 0.0, T0, at(SECONDS))


def _reached(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Which moments are reached anew from now on."""
    reached: list[int] = []

    class Counted(Standing):
        def __init__(self, *given: object) -> None:
            reached.append(int(given[-1]))  # type: ignore[call-overload]
            super().__init__(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(room, "Standing", Counted)
    return reached


def test_freezing_and_going_live_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A frozen picture stands while the end moves on; live again it is right, without being read anew if it is soon."""
    clock = Clock(monkeypatch, SECONDS)
    folder = long_session(tmp_path, ended=False, host="here")
    feed, reached = Feed(folder), _reached(monkeypatch)
    before = feed.poll()
    feed.play(0)
    frozen = feed.poll()
    assert frozen.look == Look(at(SECONDS), 0.0, T0, at(SECONDS))
    with (folder.path / "steps-0-0.jsonl").open("a") as file:
        file.write(encode(Step(at(SECONDS + 1), SECONDS, 64, 0.1, 0.8)) + "\n")
    clock.pass_by(20)
    still = feed.poll()
    assert (still.now, still.training) == (frozen.now, frozen.training)
    assert still.look == Look(at(SECONDS), 0.0, T0, at(SECONDS + 20))
    feed.look(None)
    live = feed.poll()
    assert (live.look, live.now) == (None, at(SECONDS + 20))
    assert live.training.silent_s == 19
    assert before.training.whole.steps <= live.training.whole.steps
    assert len(reached) == 1
    assert _plain(Feed(folder).poll()) == _plain(live)


def _plain(snapshot: Snapshot) -> object:
    return snapshot.now, snapshot.training.whole.steps, snapshot.events, snapshot.gpus, snapshot.learning.qualities


def test_from_long_ago_to_live(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The end is reached from the minutes, and not by reading all that lies between; playing leads there as well."""
    clock = Clock(monkeypatch, SECONDS)
    folder = long_session(tmp_path, ended=False, host="here")
    feed = Feed(folder)
    first = feed.poll()
    feed.look(at(100))
    feed.poll()
    reached = _reached(monkeypatch)
    feed.look(None)
    assert _plain(feed.poll()) == _plain(first)
    assert len(reached) == 1
    feed.look(at(SECONDS - 5))
    feed.play(3)
    feed.poll()
    clock.pass_by(4)
    assert feed.poll().look is None


def test_only_the_newest_place_is_looked_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a key held down: nothing queues."""
    feed = Feed(long_session(tmp_path))
    feed.poll()
    reached = _reached(monkeypatch)
    for second in range(900, 300, -10):
        feed.look(at(second))
    assert feed.poll().now == at(310)
    assert reached == [at(310)]


def test_another_hosts_clock_is_not_ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its end is the last moment that it has written, whatever our clock says."""
    Clock(monkeypatch, 10 * SECONDS, "elsewhere")
    feed = Feed(long_session(tmp_path, ended=False))
    assert feed.poll().now == at(SECONDS - 1)
    feed.look(at(300))
    assert feed.poll().look == Look(at(300), 0.0, T0, at(SECONDS - 1))


def test_a_wish_wakes_the_thread(tmp_path: Path) -> None:
    """What is asked for is shown without waiting for the next tick."""
    shown: list[Snapshot] = []
    feed = Feed(long_session(tmp_path))

    def show(snapshot: Snapshot) -> None:
        shown.append(snapshot)
        feed.look(at(100 * len(shown)))
        if len(shown) == 8:
            feed.leave()

    thread = threading.Thread(target=feed.run, args=(show,), daemon=True)
    thread.start()
    thread.join(60)
    assert not thread.is_alive()
    assert [snapshot.now for snapshot in shown[1:]] == [at(100 * turn) for turn in range(1, 8)]
