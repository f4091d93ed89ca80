"""Threads folded by name: seconds and samples add up, however many names and functions there are."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlperf_tui.records import FrameReading, ThreadInfo, ThreadReading
from mlperf_tui.session.threads import FRAMES, NAMES, OTHER, ThreadFold

S = 1_000_000_000


def test_time_is_share_times_the_time_since_the_last_reading() -> None:
    """Half a core over two seconds is one second, by name; a reading after a pause stands for ten seconds at most."""
    fold = ThreadFold()
    fold.name(ThreadInfo(0, 7, 71, "rank 0 main"))
    for t in (1, 3, 63):
        fold.read(ThreadReading(t * S, (71, 72), (0.5, 0.25), "RS", 9, 0.1), counts=True)
    found = fold.totals()
    assert found["rank 0 main"].cpu_s == pytest.approx(0.5 * 2 + 0.5 * 10)
    assert found[OTHER].cpu_s == pytest.approx(0.35 * 12)


def test_a_reading_that_does_not_count_still_ends_the_pause_before() -> None:
    """What lies before run_start is not counted with the first reading after it."""
    fold = ThreadFold()
    for t, counts in ((0, True), (8, False), (9, True)):
        fold.read(ThreadReading((t + 1) * S, (1,), (1.0,)), counts=counts)
    assert fold.totals()[OTHER].cpu_s == pytest.approx(1.0)


def test_frames_count_by_function() -> None:
    """Two lines of one function are one function; what has no line is taken as it is."""
    fold = ThreadFold()
    fold.name(ThreadInfo(0, 7, 1, "loader 0"))
    fold.see(FrameReading(1, 7, (1, 2), ("decode io.py:41", "wait queue.py:3")))
    fold.see(FrameReading(2, 7, (1, 2), ("decode io.py:77", "<native>")))
    found = fold.totals()
    assert found["loader 0"].frames == {"decode io.py": 2}
    assert found[OTHER].frames == {"wait queue.py": 1, "<native>": 1}


@settings(deadline=None, max_examples=50)
@given(st.lists(st.tuples(st.integers(0, 90), st.integers(0, 30)), max_size=300), st.integers(1, 300))
def test_any_split_comes_to_the_same_sums(seen: list[tuple[int, int]], length: int) -> None:
    """Folded in stretches and merged, all samples are there, and no more names or functions than are kept."""
    whole, fold = ThreadFold(), ThreadFold()
    for tid in range(91):
        fold.name(ThreadInfo(0, 1, tid, f"thread {tid}"))
    for start in range(0, len(seen), length):
        for tid, function in seen[start : start + length]:
            fold.see(FrameReading(1, 1, (tid,), (f"function{function} file.py:1",)))
        whole.merge(fold.to_json())
        fold.forget()
    found = whole.totals()
    assert sum(totals.frames.total() for totals in found.values()) == len(seen)
    assert len(found) <= NAMES + 1
    assert all(len(totals.frames) <= FRAMES + 1 for totals in found.values())


def test_the_busiest_are_kept_by_name() -> None:
    """The rest is one, and stands last."""
    fold = ThreadFold()
    tids = tuple(range(NAMES + 10))
    for tid in tids:
        fold.name(ThreadInfo(0, 1, tid, f"thread {tid}"))
    for t in (1, 2):
        fold.read(ThreadReading(t * S, tids, tuple(tid / 100 for tid in tids)), counts=True)
    found = list(fold.totals())
    assert found[0] == f"thread {tids[-1]}"
    assert found[-1] == OTHER
    assert len(found) == NAMES + 1
    assert fold.totals()[OTHER].cpu_s == pytest.approx(sum(range(10)) / 100)


def test_what_is_stored_is_plain() -> None:
    """As JSON has it, and merged back it is the same."""
    fold, again = ThreadFold(), ThreadFold()
    fold.see(FrameReading(1, 1, (1,), ("f x.py:1",)))
    stored = fold.to_json()
    assert stored == {OTHER: {"cpu_s": 0.0, "frames": {"f x.py": 1}}}
    again.merge(stored)
    assert again.totals()[OTHER].frames == Counter({"f x.py": 1})
