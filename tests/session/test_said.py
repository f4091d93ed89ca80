"""Of marks that come at every step an hour keeps the first ones and the newest, split in whatever way."""

from __future__ import annotations

import itertools

from hypothesis import given, settings
from hypothesis import strategies as st

from mlperf_tui.records import HostInfo, Mark, Record
from mlperf_tui.session.said import HOUR_NS, MARKS_OF_A_KEY, Said


def _kept(records: list[Record]) -> list[Record]:
    said = Said()
    for record in records:
        said.add(record)
    return said.records()


def test_the_newest_stays() -> None:
    """What was measured last is never the one that is dropped, and all that is rare is kept."""
    marks: list[Record] = [Mark(t, "eval_accuracy", t) for t in range(1000)]
    found = _kept([HostInfo("h", 1, 1), *marks, Mark(1000, "run_stop")])
    assert len(found) == MARKS_OF_A_KEY + 2
    assert found[:3] == [HostInfo("h", 1, 1), *marks[:2]]
    assert found[-2:] == [marks[-1], Mark(1000, "run_stop")]


def test_each_hour_keeps_its_own() -> None:
    """A week of evaluations is not cut to its first hour."""
    marks: list[Record] = [Mark(t * HOUR_NS // 200, "eval_accuracy", t) for t in range(400)]
    assert len(_kept(marks)) == 2 * MARKS_OF_A_KEY


@settings(deadline=None, max_examples=40)
@given(
    st.lists(st.tuples(st.sampled_from(["a", "b"]), st.integers(0, 2)), min_size=100, max_size=500),
    st.lists(st.integers(0, 500), max_size=4),
)
def test_any_split_keeps_the_same(told: list[tuple[str, int]], cuts: list[int]) -> None:
    """Kept part by part and put together again."""
    marks: list[Record] = [Mark(hour * HOUR_NS + n, key, n) for n, (key, hour) in enumerate(told)]
    edges = [0, *sorted(cuts), len(marks)]
    parts = [_kept(marks[start:end]) for start, end in itertools.pairwise(edges)]
    assert _kept([record for part in parts for record in part]) == _kept(marks)
