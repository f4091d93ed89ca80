"""Which readings are of training time, wherever a minute ends."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlperf_tui.records import HostReading, Mark, Minute, Record, Step, ThreadInfo, ThreadReading, decode, encode
from mlperf_tui.session.fold import Fold
from mlperf_tui.session.follow import Origin
from mlperf_tui.session.training import PENDING

S = 1_000_000_000
RANK_0 = Origin("steps-0-0.jsonl", 0)
CORES = "training.host.run_cpu_cores"


def _run(steps: int, step_s: float, pause_s: float, *, each: int = 10) -> list[Record]:
    """One core in steps and none in the pause after each ten of them; main threads of two ranks likewise."""
    told: list[Record] = [ThreadInfo(0, 1, 1, "rank 0 main", 0), ThreadInfo(0, 2, 2, "rank 1 main", 1)]
    t = 0.0
    for n in range(steps):
        t += pause_s if n and n % each == 0 else 0.0
        t += step_s
        told.append(Step(round(t * S), n, 1, 0.0, step_s))
    ends = [step.t / S for step in told if isinstance(step, Step)]
    for second in range(1, round(t) + 1):
        busy = float(any(end - step_s <= second <= end for end in ends))
        told.append(HostReading(second * S, run_cpu_cores=busy))
        told.append(ThreadReading(second * S, (2, 1, 9), (busy, busy / 2, 1.0)))
    return sorted(told, key=lambda record: (getattr(record, "t", 0), isinstance(record, Step)))


def _fold(records: list[Record], fold: Fold | None = None) -> Fold:
    fold = fold or Fold()
    for record in records:
        fold.add(RANK_0, record)
    return fold


def test_pauses_do_not_count() -> None:
    """The mean of training time is that of the steps, though the run idles for a third of the time."""
    series = _fold(_run(60, 1.0, 5.0)).series
    assert series["host.run_cpu_cores"][0] != series[CORES][0]
    least, mean, most, count = series[CORES][0] or (0, 0, 0, 0)
    assert (least, mean, most) == (1.0, 1.0, 1.0)
    assert count == 60 - 2, "the first two have no reading in training before them"
    assert [cell and cell[1] for cell in series["training.thread.main_cores"]] == [0.5, 1.0]


def test_a_run_without_steps_has_no_training_time() -> None:
    """Nothing waits for a step that may never come."""
    fold = _fold([HostReading(t * S, run_cpu_cores=1.0) for t in range(1, 9)])
    assert CORES not in fold.series
    assert not [name for name in fold.minute({}).series if name.startswith("open.")]


def test_a_minute_without_them_was_all_training() -> None:
    """So it is told by earlier versions, and so it is kept small."""
    again = Fold()
    again.merge(Minute(1, 2, {}, {"host.run_cpu_cores": ((1.0, 2.0, 3.0, 60),)}, {}))
    assert again.series[CORES] == again.series["host.run_cpu_cores"]


def test_what_waits_is_bounded() -> None:
    """Of a step of an hour the newest readings stand for all."""
    readings: list[Record] = [HostReading(t * S, run_cpu_cores=float(t)) for t in range(2, 3600)]
    fold = _fold([Step(S, 0, host_s=1.0), *readings])
    assert len(fold.minute({}).series["open.host.run_cpu_cores"]) == PENDING
    fold.add(RANK_0, Step(3601 * S, 1, host_s=3600.0))
    assert (fold.series[CORES][0] or (0, 0, 0, 0))[3] == PENDING - 1


def test_a_run_that_starts_again_has_nothing_waiting() -> None:
    """What was read before run_start is no training, whichever step follows."""
    told: list[Record] = [Step(S, 0, host_s=1.0), HostReading(2 * S, run_cpu_cores=1.0), HostReading(3 * S)]
    fold = _fold([*told, Mark(4 * S, "run_start"), Step(5 * S, 1, host_s=4.0)])
    assert CORES not in fold.series


@settings(deadline=None, max_examples=60)
@given(
    steps=st.integers(0, 60),
    step_s=st.sampled_from([0.3, 1.0, 2.5, 9.0]),
    pause_s=st.sampled_from([0.0, 0.4, 6.0]),
    cuts=st.lists(st.integers(0, 400), max_size=6),
)
def test_it_comes_to_the_same_wherever_a_minute_ends(
    steps: int, step_s: float, pause_s: float, cuts: list[int]
) -> None:
    """Minutes from one fold, as the recorder writes them; the rest read line by line on top, as a reader does."""
    records = _run(steps, step_s, pause_s)
    writer, again = Fold(), Fold()
    start = 0
    for cut in sorted(cuts):
        _fold(records[start:cut], writer)
        start = max(start, cut)
        minute = decode(encode(writer.take({})))
        assert isinstance(minute, Minute)
        again.merge(minute)
    found, whole = _fold(records[start:], again).series, _fold(records).series
    assert found.keys() == whole.keys()
    for name, cells in whole.items():
        assert [cell and cell[3] for cell in found[name]] == [cell and cell[3] for cell in cells]
        assert [cell and cell[1] for cell in found[name]] == pytest.approx(
            [cell and cell[1] for cell in cells], rel=1e-4
        )
