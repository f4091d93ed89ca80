"""Which readings are of training time, wherever a minute ends."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlperf_tui.records import HostReading, Mark, Minute, Record, Step, ThreadInfo, ThreadReading, decode, encode
from mlperf_tui.session.fold import Fold
from mlperf_tui.session.follow import Origin
from mlperf_tui.session.launchers import AUTOGRADS, Launcher, Launchers, launcher
from mlperf_tui.session.training import PENDING

S = 1_000_000_000
RANK_0 = Origin("steps-0-0.jsonl", 0)
CORES = "training.host.run_cpu_cores"


def _run(steps: int, step_s: float, pause_s: float, *, each: int = 10) -> list[Record]:
    """One core in steps and none in the pause after each ten of them; main threads of two ranks likewise.

    Rank 0's autograd thread takes a quarter of a core in steps.
    """
    told: list[Record] = [ThreadInfo(0, 1, 1, "rank 0 main", 0), ThreadInfo(0, 2, 2, "rank 1 main", 1)]
    told.append(ThreadInfo(0, 1, 3, "rank 0 autograd 0", 0))
    t = 0.0
    for n in range(steps):
        t += pause_s if n and n % each == 0 else 0.0
        t += step_s
        told.append(Step(round(t * S), n, 1, 0.0, step_s))
    ends = [step.t / S for step in told if isinstance(step, Step)]
    for second in range(1, round(t) + 1):
        busy = float(any(end - step_s <= second <= end for end in ends))
        told.append(HostReading(second * S, run_cpu_cores=busy))
        told.append(ThreadReading(second * S, (2, 1, 3, 9), (busy, busy / 2, busy / 4, 1.0)))
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
    assert [cell and cell[1] for cell in series["training.thread.main_cores"]] == [0.75, 1.0]


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("main", Launcher(0, is_main=True)),
        ("rank 12 main", Launcher(12, is_main=True)),
        ("autograd 0", Launcher(0, is_main=False)),
        ("rank 3 autograd 11", Launcher(3, is_main=False)),
        ("rank 3 autograd", Launcher(3, is_main=False)),
        ("torchrun main", None),
        ("train.py autograd 0", None),
        ("rank 0 compile pool main", None),
        ("rank 0 loader 0", None),
        ("rank 0 pin memory", None),
    ],
)
def test_which_threads_launch(name: str, found: Launcher | None) -> None:
    """A rank's main thread and autograd's, not those of its helpers, nor of a process that is no rank."""
    assert launcher(name) == found


def _launchers(*infos: tuple[int, int, str]) -> Launchers:
    known = Launchers()
    for pid, tid, name in infos:
        known.name(ThreadInfo(0, pid, tid, name))
    return known


def test_a_ranks_launching_threads_are_summed() -> None:
    """What has no value, or isn't in the reading, counts for nothing; a rank whose main isn't known is unknown."""
    known = _launchers(
        (1, 1, "rank 0 main"), (1, 2, "rank 0 autograd 0"), (1, 3, "rank 0 autograd 1"),
        (5, 5, "rank 1 main"), (5, 6, "rank 1 autograd 0"), (8, 9, "rank 2 autograd 0"),
    )  # fmt: skip
    shares = known.shares(ThreadReading(S, (1, 2, 3, 6, 9, 10), (0.375, 0.25, None, 0.5, 1.0, 1.0)))
    assert shares == {0: 0.625, 1: 0.5}
    assert known.shares(ThreadReading(S, (2, 9), (None, 1.0))) == {}


def test_a_thread_is_what_was_said_of_it_last() -> None:
    """A torchrun is called main until the ranks are known; a thread called main is none where it isn't the first."""
    known = _launchers((1, 1, "main"), (1, 2, "autograd 0"), (1, 1, "torchrun main"), (5, 6, "rank 0 main"))
    assert known.mains == {}
    assert known.shares(ThreadReading(S, (1, 2, 6), (0.1, 0.2, 0.3))) == {}


def test_autograds_threads_push_out_no_main_thread() -> None:
    """They are bounded apart: a process has one for each GPU that it sees."""
    crowd = [(tid, tid, f"rank {tid} autograd 0") for tid in range(100, 1000)]
    known = _launchers(*crowd, (1, 1, "rank 0 main"), (1, 2, "rank 0 autograd 0"))
    assert len(known.autograds) == AUTOGRADS
    assert known.shares(ThreadReading(S, (1, 2), (0.5, 0.25))) == {0: 0.5}


def test_a_minute_of_an_earlier_version_knows_the_main_threads_alone() -> None:
    """It is read as it was told; a thread of autograd's counts from when it is named."""
    told = {
        "training.thread.main_cores": ((0.5, 0.5, 0.5, 9),),
        "open.mains": ((1, 0),),
        "open.was_training": ((0, 0, 0, 1),),
    }
    again = Fold()
    again.merge(Minute(S, 2 * S, {}, told, {}))
    _fold([Step(2 * S, 0, host_s=1.0), ThreadReading(3 * S, (1, 2), (0.5, 0.25)), Step(3 * S, 1, host_s=1.0)], again)
    assert again.series["training.thread.main_cores"] == ((0.5, 0.5, 0.5, 10),)
    again.add(RANK_0, ThreadInfo(3 * S, 1, 2, "rank 0 autograd 0", 0))
    _fold([ThreadReading(4 * S, (1, 2), (0.5, 0.25)), Step(4 * S, 2, host_s=1.0)], again)
    assert again.series["training.thread.main_cores"] == ((0.5, 0.522727, 0.75, 11),)


def test_a_minute_that_names_no_threads_leaves_them_known() -> None:
    """One after run_stop is taken in without its series: whoever goes on to read still knows who is who."""
    again = Fold()
    again.merge(Minute(1, 2, {}, {"open.mains": ((1, 0),), "open.autograds": ((3, 0),)}, {}))
    again.merge(Minute(3, 4, {}, {}, {}))
    kept = again.minute({}).series
    assert (kept["open.mains"], kept["open.autograds"]) == (((1, 0),), ((3, 0),))


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
