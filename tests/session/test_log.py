"""A log loses at most the line being written; a tail reads whole lines only, whatever else the file holds."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlperf_tui.records import Step, encode
from mlperf_tui.session.log import MAX_LINE_BYTES, Log, Tail

LINE = (encode(Step(1, 1)) + "\n").encode()


def _write(path: Path, *steps: Step) -> None:
    log = Log(path)
    log.write(*steps)
    log.close()


def test_what_is_written_is_read(tmp_path: Path) -> None:
    """Records come back in order, and only once."""
    path = tmp_path / "log"
    _write(path, Step(1, 1), Step(2, 2))
    tail = Tail(path)
    assert list(tail.read()) == [Step(1, 1), Step(2, 2)]
    _write(path, Step(3, 3))
    assert list(tail.read()) == [Step(3, 3)]


def test_a_torn_line_waits_until_it_is_whole(tmp_path: Path) -> None:
    """Half a line is no record yet, and not an error either."""
    path = tmp_path / "log"
    path.write_bytes(LINE[:10])
    tail = Tail(path)
    assert list(tail.read()) == []
    path.write_bytes(LINE)
    assert list(tail.read()) == [Step(1, 1)]
    assert tail.skipped == 0


def test_after_a_killed_writer_the_next_one_spoils_nothing(tmp_path: Path) -> None:
    """A new writer begins on a line of its own; only the torn line is lost, and counted."""
    path = tmp_path / "log"
    path.write_bytes(LINE + LINE[:10])
    _write(path, Step(2, 2))
    tail = Tail(path)
    assert list(tail.read()) == [Step(1, 1), Step(2, 2)]
    assert tail.skipped == 1


def test_a_line_over_the_limit_is_skipped(tmp_path: Path) -> None:
    """A line that no record could be doesn't stop what follows, and memory holds no more than a chunk of it."""
    path = tmp_path / "log"
    path.write_bytes(LINE + b"x" * (5 * MAX_LINE_BYTES) + b"\n" + LINE)
    tail = Tail(path)
    assert list(tail.read()) == [Step(1, 1), Step(1, 1)]
    assert tail.skipped >= 1


def test_a_missing_file_has_no_records(tmp_path: Path) -> None:
    """A file that isn't there yet is no error."""
    assert list(Tail(tmp_path / "none").read()) == []


@given(st.lists(st.binary(max_size=60).map(lambda line: line.replace(b"\n", b"")), max_size=20), st.integers(1, 50))
def test_any_content_in_any_pieces(tmp_path_factory: pytest.TempPathFactory, lines: list[bytes], piece: int) -> None:
    """Read in whatever pieces it arrives, a file gives the same records, and offsets end where the file does."""
    path = tmp_path_factory.mktemp("log") / "log"
    content = b"".join(line + b"\n" + LINE for line in lines)
    tail, found = Tail(path), []
    with path.open("ab", buffering=0) as file:
        for start in range(0, len(content), piece):
            file.write(content[start : start + piece])
            found += list(tail.read())
    assert found == list(Tail(path).read())
    assert found.count(Step(1, 1)) >= len(lines)
    assert tail.offset == len(content)


def test_stopping_in_between_goes_on_with_the_next(tmp_path: Path) -> None:
    """A reader that stops after a record finds the next one from the offset it has then."""
    path = tmp_path / "log"
    _write(path, *(Step(n, n) for n in range(5)))
    tail = Tail(path)
    reading = tail.read()
    assert [next(reading), next(reading)] == [Step(0, 0), Step(1, 1)]
    assert next(reading) == Step(2, 2)
    assert next(iter(Tail(path, tail.offset).read())) == Step(2, 2)


def test_a_full_disk_is_asked_once_to_make_room(tmp_path: Path) -> None:
    """ENOSPC loses the line when no room can be made, and counts it."""
    asked: list[int] = []

    def make_room() -> bool:
        asked.append(1)
        return True

    log = Log(Path("/dev/full"), on_full=make_room)
    log.write(Step(1, 1), Step(2, 2))
    log.close()
    assert asked == [1]
    assert log.lost == 2


def test_a_short_write_costs_one_line(tmp_path: Path) -> None:
    """A file size limit cuts a line in the middle; once it is lifted, the following line is whole."""
    path = tmp_path / "log"
    log = Log(path)
    log.write(Step(1, 1))
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (len(LINE) + 7, before[1]))
        log.write(Step(2, 2))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)
    log.write(Step(3, 3))
    log.close()
    assert list(Tail(path).read()) == [Step(1, 1), Step(3, 3)]
    assert log.lost == 1


WRITER = """
import sys
from pathlib import Path
from mlperf_tui.records import Step
from mlperf_tui.session.log import Log
log = Log(Path(sys.argv[1]))
n = 0
while True:
    log.write(Step(n, n))
    n += 1
    print(n, flush=True)
"""


def test_sigkill_in_mid_write(tmp_path: Path) -> None:
    """Ten writers killed in the middle of their work: all that each had written is there, and at most one line torn."""
    for turn in range(10):
        path = tmp_path / f"log-{turn}"
        writer = subprocess.Popen([sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE)
        assert writer.stdout is not None
        for _ in range(50 + 37 * turn):
            told = int(writer.stdout.readline())
        os.kill(writer.pid, signal.SIGKILL)
        writer.wait()
        writer.stdout.close()
        tail = Tail(path)
        steps = list(tail.read())
        assert steps[:told] == [Step(n, n) for n in range(told)]
        assert tail.skipped == 0


def test_what_is_new_is_read_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that is followed costs one look each time, not one more to see that there is nothing behind it."""
    path = tmp_path / "log"
    _write(path, Step(1, 1), Step(2, 2))
    tail, asked = Tail(path), []
    peek = tail.peek

    def counted(length: int) -> bytes:
        asked.append(length)
        return peek(length)

    monkeypatch.setattr(tail, "peek", counted)
    assert list(tail.read()) == [Step(1, 1), Step(2, 2)]
    assert len(asked) == 1
    assert list(tail.read()) == []
    assert len(asked) == 2
