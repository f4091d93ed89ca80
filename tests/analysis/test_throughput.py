"""Rates and step times against sums done by hand."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlperf_tui.analysis.throughput import GPU_EVENTS, HOST_CLOCK, throughput, warm_from
from mlperf_tui.records import Late, Step
from mlperf_tui.session.totals import HeadStep, RankFold, RankTotals


def totals(
    times: list[float], *, samples: int | None = 8, data: float | None = 0.0, gpu: list[float] | None = None
) -> RankTotals:
    """A rank whose steps took so long."""
    fold = RankFold()
    for n, time in enumerate(times):
        waited = None if data is None else data * time
        fold.step(Step(n, n, samples, waited, time - (waited or 0)))
        if gpu:
            fold.late(Late(n, gpu[n]))
    return fold.totals


def test_rate_is_samples_over_training_time() -> None:
    """Ten steps of 8 samples in 2 s each."""
    rate = throughput({0: totals([2.0] * 10)})
    assert rate.samples_per_s == pytest.approx(4)
    assert (rate.steps, rate.source, rate.step_s) == (10, HOST_CLOCK, 2.0)
    assert rate.p99_s == pytest.approx(2, rel=0.006)


def test_ranks_add_up_and_the_slowest_is_told() -> None:
    """Two ranks in step: their rates add up; step times are the slower one's."""
    rate = throughput({0: totals([1.0] * 4), 1: totals([2.0] * 4)})
    assert rate.samples_per_s == pytest.approx(12)
    assert rate.step_s == 2
    assert rate.by_rank == {0: pytest.approx(8), 1: pytest.approx(4)}


def exposing(seconds: list[float], told: float) -> RankTotals:
    """A rank whose steps took so long, each with so much of an exposed all-reduce; the first one can't tell it."""
    fold = RankFold()
    for n, took in enumerate(seconds):
        fold.step(Step(n, n, 8, host_s=took))
        fold.late(Late(n, loss=1.0, exposed_allreduce_s=told if n else None))
    return fold.take()


def test_what_a_fast_rank_waits_for_a_slow_one_is_no_all_reduce() -> None:
    """The least share of all ranks; unknown as soon as one doesn't tell it."""
    fast, slow = exposing([1.0] * 5, 0.4), exposing([1.0] * 5, 0.1)
    assert throughput({0: fast, 1: slow}).exposed_allreduce_share == pytest.approx(0.1)
    assert throughput({0: fast, 1: totals([1.0] * 5)}).exposed_allreduce_share is None


def test_a_ranks_own_work_is_its_step_without_the_wait() -> None:
    """By it, and not by the rate, ranks in step are told apart; of one that doesn't tell its wait it isn't known."""
    rate = throughput({0: exposing([1.0] * 5, 0.4), 1: exposing([1.0] * 5, 0.1), 2: totals([1.0] * 5)})
    assert rate.own_s == {0: pytest.approx(0.6), 1: pytest.approx(0.9), 2: None}
    assert rate.by_rank[0] == rate.by_rank[1]


def test_exposed_all_reduce_adds_up() -> None:
    """Over minutes, and over a part of one."""
    whole = exposing([1.0] * 5, 0.4)
    whole.merge(RankTotals.from_json(exposing([1.0] * 5, 0.2).to_json()))
    assert whole.exposed_steps == 8
    assert whole.exposed_s == pytest.approx(2.4)
    assert whole.share(0.5).exposed_s == pytest.approx(1.2)


def test_the_gpus_clock_is_used_where_it_timed_the_steps() -> None:
    """The host runs ahead of the GPU: its own times would be wrong by far."""
    rate = throughput({0: totals([0.1] * 10, gpu=[0.5] * 10)})
    assert rate.source == GPU_EVENTS
    assert rate.samples_per_s == pytest.approx(16)


def test_warm_up_is_left_out_and_counted() -> None:
    """Three slow first steps leave no trace in rate or percentiles."""
    rate = throughput({0: totals([30, 20, 10] + [1.0] * 50)}, warmup=True)
    assert (rate.warmup_steps, rate.steps) == (3, 50)
    assert rate.samples_per_s == pytest.approx(8)
    assert rate.p99_s == pytest.approx(1, rel=0.006)


def test_a_run_that_never_settles_keeps_its_steps() -> None:
    """Steps that grow slower all the time are not thrown away as warm-up."""
    assert warm_from([HeadStep(8, 1.3**n) for n in range(40)]) == 0


def test_a_step_that_compiles_is_warm_up_also_before_steps_that_vary() -> None:
    """Each third one takes half as long again, so that no five in a row are alike."""
    varied = [HeadStep(8, 0.06 if n % 3 == 0 else 0.04) for n in range(20)]
    assert warm_from(varied) == 0
    assert warm_from([HeadStep(8, 19.8), HeadStep(8, 0.2), *varied]) == 2


@given(st.lists(st.floats(0.001, 10), max_size=60))
def test_warm_up_is_never_more_than_half(times: list[float]) -> None:
    """Whatever the times are, most of a run stays."""
    assert 0 <= warm_from([HeadStep(1, time) for time in times]) <= max(1, len(times) // 2)


def test_unknown_stays_unknown() -> None:
    """No steps, no samples, no data wait: None, and never 0."""
    assert throughput({}).samples_per_s is None
    assert throughput({0: totals([1.0], samples=None)}).samples_per_s is None
    assert throughput({0: totals([1.0])}).data_wait_share == 0
    assert throughput({0: totals([1.0], data=None)}).data_wait_share is None


def test_one_rank_without_samples_makes_the_sum_unknown() -> None:
    """A sum over some of the ranks would be a wrong number."""
    assert throughput({0: totals([1.0]), 1: totals([1.0], samples=None)}).samples_per_s is None
