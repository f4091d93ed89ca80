"""Following a session: opened from its end, polled, and nothing in its output that a terminal would obey."""

from __future__ import annotations

import shutil
import subprocess
import threading
import time
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlperf_tui.records import Step, encode
from mlperf_tui.session.alive import Process, started
from mlperf_tui.session.folder import Folder
from mlperf_tui.session.lock import Holders, Lock
from mlperf_tui.session.output import last_lines
from mlperf_tui.session.rollup import Roller
from mlperf_tui.session.status import Status
from mlperf_tui.steps.facts import boot_id, hostname
from mlperf_tui.viewer import feed as room
from mlperf_tui.viewer.feed import Feed
from mlperf_tui.viewer.snapshot import Snapshot
from tests.viewer.app_of import RECORDED, recorded
from tests.viewer.long import at


def copy(name: str, to: Path) -> Folder:
    shutil.copytree(RECORDED / name, to / name)
    return Folder(to / name)


def test_an_ended_session_stands_still() -> None:
    """Its elapsed time is that of its end, whenever it is looked at."""
    first, second = recorded("cpu-digits"), recorded("cpu-digits")
    assert first.status.word == "finished"
    assert first.elapsed_s == second.elapsed_s
    assert first == second


def test_new_lines_are_taken_in_and_a_torn_one_waits(tmp_path: Path) -> None:
    """The rest of a line makes it whole at the next poll."""
    folder = copy("cpu-digits", tmp_path)
    feed = Feed(folder)
    before = feed.poll()
    line = encode(Step(before.now + 1, 900, 32, 0.0, 0.3)) + "\n"
    with (folder.path / "steps-0-0.jsonl").open("a") as file:
        file.write(line[:20])
        file.flush()
        assert feed.poll().now == before.now
        file.write(line[20:])
    assert feed.poll().now == before.now + 1


def test_opened_from_rollups_it_shows_the_same(tmp_path: Path) -> None:
    """A session with minutes is read from them, and from its lines only near the end."""
    folder = copy("cpu-digits", tmp_path)
    plain = Feed(folder).poll()
    roller = Roller(folder, "generated")
    roller.roll()
    roller.close()
    rolled = Feed(folder).poll()
    assert rolled.training.whole == plain.training.whole
    assert rolled.events == plain.events
    assert rolled.learning.qualities == plain.learning.qualities


def test_output_is_read_again_only_when_it_changed(tmp_path: Path) -> None:
    """And its last lines are what is shown."""
    folder = copy("cpu-digits", tmp_path)
    feed = Feed(folder)
    first = feed.poll().output
    assert feed.poll().output is first
    with folder.output.open("ab") as file:
        file.write(b"\0\0\0\x1b[31mred\x1b[0m [bold]not markup[/bold]\n")
    assert feed.poll().output[-1] == "red [bold]not markup[/bold]"


def test_a_session_without_output_or_readings_opens(tmp_path: Path) -> None:
    """Its recorder never started."""
    folder = Folder(tmp_path)
    shutil.copy(RECORDED / "cpu-digits" / "session.json", tmp_path)
    found = Feed(folder).poll()
    assert found.status.word == "interrupted"
    assert found.output == ()


def test_it_ends_when_told(tmp_path: Path) -> None:
    """The thread waits for its next tick and for the end at once."""
    shown: list[Snapshot] = []
    feed = Feed(copy("failed", tmp_path))
    thread = threading.Thread(target=feed.run, args=(shown.append,))
    thread.start()
    while not shown:
        time.sleep(0.01)
    feed.leave()
    thread.join(10)
    assert not thread.is_alive()


@given(st.binary(max_size=400))
def test_no_control_character_comes_out(tmp_path_factory: object, data: bytes) -> None:
    """Whatever bytes a program prints."""
    path = Path(tmp_path_factory.mktemp("output") / "output.log")  # type: ignore[attr-defined]
    path.write_bytes(data)
    for line in last_lines(path, 50):
        assert not any(unicodedata.category(character) == "Cc" for character in line)


def test_a_directory_that_is_removed(tmp_path: Path) -> None:
    """The last picture stays, and says what happened; when it comes back, so does the session."""
    folder = copy("cpu-digits", tmp_path)
    feed = Feed(folder)
    before = feed.poll()
    folder.path.rename(tmp_path / "away")
    gone = feed.poll()
    assert gone.status == Status("gone", "its directory was removed")
    assert (gone.training, gone.output) == (before.training, before.output)
    feed.look(at(3))
    assert feed.poll().status.word == "gone"
    feed.look(None)
    (tmp_path / "away").rename(folder.path)
    assert feed.poll() == before


def test_a_directory_that_is_removed_while_the_program_runs(tmp_path: Path) -> None:
    """The process is named as long as it lives: it can only be ended by hand."""
    folder, child = live(tmp_path)
    feed = Feed(folder)
    assert feed.poll().status.word == "running-unrecorded"
    folder.path.rename(tmp_path / "away")
    assert feed.poll().status.detail == f"its directory was removed; the program still runs as process {child.pid}"
    child.kill()
    child.wait()
    assert feed.poll().status.detail == "its directory was removed; the program has ended"


def test_a_recorder_that_is_gone_is_started_by_who_watches(tmp_path: Path) -> None:
    """So it isn't told to start one."""
    folder, child = live(tmp_path)
    assert Feed(folder).poll().status.detail == "its recorder is gone: another is being started"
    child.kill()
    child.wait()


def live(tmp_path: Path) -> tuple[Folder, subprocess.Popen[bytes]]:
    """A session without a recorder, of which the program runs."""
    folder = copy("cpu-digits", tmp_path)
    child = subprocess.Popen(["sleep", "60"])
    taken = Lock.take(folder.lock)
    assert taken is not None
    taken.write(Holders(hostname(), boot_id(), None, Process(child.pid, started(child.pid) or 0)))
    taken.close()
    return folder, child


def test_whatever_can_not_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Is a sentence on the screen, and not the end of it: at the first picture, and at any later one."""
    folder = copy("cpu-digits", tmp_path)

    def broken(*_: object) -> None:
        raise PermissionError(13, "no permission")

    feed, first = Feed(folder), Feed(folder)
    before = feed.poll()
    monkeypatch.setattr(room, "Standing", broken)
    assert first.poll().status.word == "unreadable"
    monkeypatch.setattr(room, "status", broken)
    found = feed.poll()
    assert found.training == before.training
    assert "no permission" in found.status.detail
    monkeypatch.undo()
    assert feed.poll() == before
