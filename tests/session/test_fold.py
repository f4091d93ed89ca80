"""What records add up to does not depend on where the stretches end."""

from __future__ import annotations

import math

import pytest

from mlperf_tui.records import (
    FrameReading,
    HostReading,
    Late,
    Mark,
    Minute,
    Record,
    Step,
    ThreadInfo,
    ThreadReading,
    decode,
    encode,
)
from mlperf_tui.session.fold import Fold
from mlperf_tui.session.follow import Origin
from mlperf_tui.session.said import MARKS_OF_A_KEY

S = 1_000_000_000
RANK_0 = Origin("steps-0-0.jsonl", 0)


def test_a_run_that_starts_again_counts_from_there() -> None:
    """In whichever minute: after a stop the readings count again from the next run_start."""
    fold, again = Fold(), Fold()
    told: list[list[Record]] = [[Mark(1, "run_stop")], [Mark(2, "run_start"), HostReading(3, cpu_cores=4.0)]]
    for minute in told:
        for record in minute:
            fold.add(RANK_0, record)
        again.merge(fold.take({}))
    assert again.series["host.cpu_cores"] == ((4.0, 4.0, 4.0, 1),)


def test_threads_are_folded_by_name_while_the_run_lasts() -> None:
    """Names hold from one minute to the next, and what was before run_start or after run_stop is not the run's."""
    fold, again = Fold(), Fold()
    readings = [ThreadReading(t * S, (7,), (0.5,)) for t in range(1, 8)]
    frames = [FrameReading(t * S, 1, (7,), ("f x.py:1",)) for t in range(1, 8)]
    marks: list[Record] = [Mark(2 * S, "run_start"), Mark(5 * S, "run_stop")]
    told: list[Record] = [ThreadInfo(S, 1, 7, "main"), *readings, *frames, *marks]
    for record in sorted(told, key=lambda record: getattr(record, "t", 0)):
        fold.add(RANK_0, record)
        again.merge(fold.take({}))
    assert again.threads["main"].frames == {"f x.py": 3}
    assert again.threads["main"].cpu_s == pytest.approx(1.5)


def test_a_minute_says_what_is_not_finite() -> None:
    """A diverged loss survives its line."""
    fold, again = Fold(), Fold()
    fold.add(RANK_0, Step(1, 0))
    fold.add(RANK_0, Late(0, 0.1, loss=math.nan))
    minute = decode(encode(fold.take({})))
    assert isinstance(minute, Minute)
    again.merge(minute)
    assert math.isnan(again.ranks[0].loss or 0.0)


def test_a_program_that_marks_each_step_floods_nothing() -> None:
    """Of one key so many are kept, the newest among them, and others still come through."""
    fold = Fold()
    for t in range(1000):
        fold.add(RANK_0, Mark(t, "tracked_stats"))
    fold.add(RANK_0, Mark(1000, "eval_accuracy", 0.5))
    assert len(fold.said) == MARKS_OF_A_KEY + 1
    assert fold.said[-2] == Mark(999, "tracked_stats")
