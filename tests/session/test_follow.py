"""Read up to a moment, a session gives the same records in the same order as read at once."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlperf_tui.records import HostReading, Late, Mark, Record, Step
from mlperf_tui.session.folder import Folder
from mlperf_tui.session.follow import Follower
from mlperf_tui.session.log import Log

FILES = ("readings-h-0.jsonl", "steps-0-0.jsonl", "steps-1-0.jsonl", "steps-printed.jsonl")
KINDS = st.sampled_from(["host", "step", "late", "mark"])


def _record(kind: str, t: int, n: int) -> Record:
    made: dict[str, Record] = {
        "host": HostReading(t),
        "step": Step(t, n),
        "late": Late(n, loss=1.0),
        "mark": Mark(t, "epoch_start", n),
    }
    return made[kind]


def _session(path: Path, told: list[tuple[str, str, int]]) -> Folder:
    """Each file with its own records; times mostly grow, and some run backwards as those of several writers do."""
    for name in FILES:
        log = Log(path / name)
        log.write(*(_record(kind, t, n) for n, (file, kind, t) in enumerate(told) if file == name))
        log.close()
    return Folder(path)


@settings(deadline=None, max_examples=60)
@given(
    st.lists(st.tuples(st.sampled_from(FILES), KINDS, st.integers(1, 40)), max_size=40),
    st.lists(st.integers(0, 45), max_size=6),
    st.booleans(),
)
def test_steps_of_any_length_come_to_the_same(
    tmp_path_factory: pytest.TempPathFactory, told: list[tuple[str, str, int]], stops: list[int], anew: bool
) -> None:
    """Whether one reader stops in between, or each stretch has a reader that begins where the last one stopped."""
    folder = _session(tmp_path_factory.mktemp("s"), sorted(told, key=lambda item: item[2] // 5))
    at_once = list(Follower(folder).read())
    follower, found = Follower(folder), []
    for until in sorted(stops):
        stretch = list(follower.read(until))
        assert all(getattr(record, "t", 0) <= until for _, record in stretch)
        found += stretch
        follower = Follower(folder, follower.offsets) if anew else follower
    assert found + list(follower.read()) == at_once


def test_what_is_later_waits(tmp_path: Path) -> None:
    """The record at the moment itself is read, the next one is not, and the offsets lie between them."""
    folder = _session(tmp_path, [("steps-0-0.jsonl", "step", t) for t in (1, 2, 3)])
    follower = Follower(folder)
    assert [record for _, record in follower.read(2)] == [Step(1, 0), Step(2, 1)]
    assert list(follower.read(2)) == []
    assert [record for _, record in Follower(folder, follower.offsets).read()] == [Step(3, 2)]
