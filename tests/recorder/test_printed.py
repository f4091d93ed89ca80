"""MLLOG lines as programs really print them, with prefixes, tails and gaps."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from mlperf_tui.recorder.output import Output
from mlperf_tui.recorder.printed.mllog import parse
from mlperf_tui.records import Mark
from mlperf_tui.session.folder import Folder
from mlperf_tui.session.log import Tail

EVENT = '{"time_ms": 1592669212356, "event_type": "POINT_IN_TIME", "key": "seed", "value": 7, "metadata": {"line": 3}}'


@pytest.mark.parametrize(
    "line",
    [
        f":::MLLOG {EVENT}",
        f"  12: :::MLLOG {EVENT}\r",
        f"[1,0]<stdout>::::MLLOG {EVENT}",
        f"50%|#####     |\r:::MLLOG {EVENT} NCCL INFO Channel 00",
        f":::MLLOG broken :::MLLOG {EVENT}",
    ],
)
def test_one_event(line: str) -> None:
    """Launchers' prefixes, carriage returns, text behind, an earlier token."""
    event = parse(line)
    assert event is not None
    assert (event.key, event.value, event.metadata, event.wall_ns) == ("seed", 7, {"line": 3}, 1592669212356000000)


@pytest.mark.parametrize(
    ("body", "wall_ns"),
    [
        ('{"key": "x"}', None),
        ('{"key": "x", "time_s": 1.5}', 1_500_000_000),
        ('{"key": "x", "time_ms": "soon", "metadata": 3}', None),
        ('{"key": "x", "time_ms": Infinity}', None),
    ],
)
def test_gaps(body: str, wall_ns: int | None) -> None:
    """Missing and odd fields cost only themselves."""
    event = parse(f":::MLLOG {body}")
    assert event is not None
    assert (event.key, event.value, event.metadata, event.wall_ns) == ("x", None, {}, wall_ns)


@given(
    st.text()
    | st.text().map(lambda text: f":::MLLOG {text}")
    | st.text().map(lambda text: f":::MLLOG {EVENT[:40]}{text}")
)
def test_any_text(line: str) -> None:
    """No line raises."""
    parse(line)


@given(st.dictionaries(st.text(), st.none() | st.floats() | st.text() | st.lists(st.integers())), st.text())
def test_any_value(value: dict[str, object], before: str) -> None:
    """What json.dumps writes comes back, NaN included, unless it holds the token itself, as for MLPerf's parser."""
    assume(":::MLLOG " not in json.dumps(value))
    line = f"{before}:::MLLOG {json.dumps({'key': 'k', 'value': value})}"
    event = parse(line)
    assert event is not None
    assert json.dumps(event.value) == json.dumps(value)


def _marks(folder: Folder) -> list[str]:
    return [record.key for record in Tail(folder.printed).read() if isinstance(record, Mark)]


def test_marks_are_read_while_the_output_grows(tmp_path: Path) -> None:
    """In pieces, with a last line that never ends; and a recorder that takes over writes none a second time."""
    folder = Folder(tmp_path)
    output = Output(folder)
    output.take_marks()
    with folder.output.open("a") as file:
        file.write('noise\n:::MLLOG {"key": "a"}\n:::MLLOG {"ke')
        file.flush()
        output.take_marks()
        assert _marks(folder) == ["a"]
        file.write('y": "b"}')
        file.flush()
        output.take_marks()
        assert _marks(folder) == ["a"]
    output.take_marks(last=True)
    output.close()
    again = Output(folder)
    again.take_marks(last=True)
    again.close()
    assert _marks(folder) == ["a", "b"]


def test_an_output_that_grows_too_large_loses_its_middle(tmp_path: Path) -> None:
    """Its size stays, its blocks go, head and tail stay readable, and what happened is said."""
    folder = Folder(tmp_path)
    folder.output.write_bytes(b"head" + b"x" * (8 << 20) + b"tail")
    output = Output(folder)
    told = output.cap(cap_bytes=4 << 20)
    size, content = output.size(), folder.output.read_bytes()
    output.close()
    assert told is not None
    assert size == (8 << 20) + 8
    if "middle was dropped" in told:
        assert folder.output.stat().st_blocks * 512 < 4 << 20
        assert (content[:4], content[-4:], content[size // 4 : size // 4 + 2]) == (b"head", b"tail", b"\0\0")
    else:
        assert "can't be cut on this file system" in told
