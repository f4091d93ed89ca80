"""One rank's lines in turns: where its windows are, and what counts of each."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlperf_tui.records import About, Late, Mark, Record, Step
from mlperf_tui.report.ab.rank import LEAST_STEPS, LEFT_OUT, RankTurns

SECOND = 1_000_000_000


def stretch(t: float, n: int, times: list[float], *, by_gpu: bool = True, samples: int = 10) -> list[Record]:
    """A turn of steps of so many seconds, from `t` seconds on; the GPU's clock says twice as much."""
    found: list[Record] = [Mark(round(t * SECOND), "turn_start")]
    for at, seconds in enumerate(times):
        t += seconds
        found.append(Step(round(t * SECOND), n + at, samples, 0.25 * seconds, 0.75 * seconds))
        found.append(Late(n + at, 2 * seconds if by_gpu else None, 1.0))
    return [*found, Mark(round((t + 0.001) * SECOND), "turn_wait")]


def taken(records: list[Record], ahead: int = 0) -> RankTurns:
    """All of them, in order."""
    rank = RankTurns()
    for record in (About(0, 1, 0, 1, batches_ahead=ahead), Mark(0, "turn_wait"), *records):
        rank.add(record)
    return rank


@settings(deadline=None)
@given(
    st.lists(st.lists(st.floats(0.001, 10), min_size=LEAST_STEPS, max_size=30), min_size=1, max_size=5),
    st.integers(0, 12),
)
def test_windows_add_up_to_what_was_written(turns: list[list[float]], ahead: int) -> None:
    """All turns after the first, each without its first two steps, or so many more."""
    records: list[Record] = []
    t, n = 1.0, 0
    for times in turns:
        records += stretch(t, n, times)
        t, n = t + sum(times) + 1, n + len(times)
    found = taken(records, ahead).stretches
    assert [one.steps for one in found] == [len(times) for times in turns[1:]]
    for one, times in zip(found, turns[1:], strict=True):
        for sums, left_out in ((one.plain, LEFT_OUT), (one.steady, LEFT_OUT + ahead)):
            counted = times[left_out:]
            assert (sums.steps, sums.samples) == (len(counted), 10 * len(counted))
            assert sums.host_s == pytest.approx(sum(counted))
            assert sums.data_s == pytest.approx(0.25 * sum(counted))
            assert sums.gpu_s == pytest.approx(2 * sum(counted))
            assert sums.gpu_steps == len(counted)


def test_a_window_begins_with_the_first_step_that_counts() -> None:
    """So that readings of the steps before it don't count either."""
    found = taken([*stretch(1, 0, [1.0] * 6), *stretch(10, 6, [1.0] * 8)])
    [one] = found.stretches
    assert one.plain.since == 12 * SECOND
    assert one.until == pytest.approx(18 * SECOND, rel=1e-3)


def test_warming_up_in_several_turns_is_no_window() -> None:
    """Each has five steps; nor does a turn count that was never ended, since its process was let go to end."""
    warm = [record for at in range(3) for record in stretch(1 + 10 * at, 5 * at, [1.0] * 5)]
    ended = taken([*warm, *stretch(40, 15, [1.0] * 8), *stretch(60, 23, [1.0] * 8)[:-1]])
    assert [one.steps for one in ended.stretches] == [8]


def test_steps_before_any_turn_are_none() -> None:
    """A loop that doesn't run over `Steps.over()` ends its first step before it first waits."""
    records: list[Record] = [Step(1, 0, 10, None, 1.0), Mark(2, "turn_wait"), *stretch(1, 1, [1.0] * 5)]
    assert taken(records).stretches == []


def test_numbers_that_are_none_and_steps_that_were_skipped() -> None:
    """Counted over the whole process; torch's peak is the highest."""
    rank = taken([Late(0, loss=math.nan, memory_allocated_bytes=5), Late(1, loss=1.0, skipped=True, loss_scale=2.0)])
    rank.add(Late(2, loss=math.inf, memory_allocated_bytes=3))
    assert (rank.nan_steps, rank.skipped_steps, rank.memory_peak_bytes) == (2, 1, 5)
    assert rank.curve.loss_scaled


def test_a_wait_that_isn_t_told_is_unknown() -> None:
    """Not nothing."""
    records = [
        Step(record.t, record.n, record.samples, None, record.host_s) if isinstance(record, Step) else record
        for record in [*stretch(1, 0, [1.0] * 6), *stretch(10, 6, [1.0] * 8)]
    ]
    assert taken(records).stretches[0].plain.data_s is None
