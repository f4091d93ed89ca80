"""Alarms begin when they should, once, and not when there is nothing wrong."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlperf_tui.recorder.alarms import Watch
from mlperf_tui.records import GpuReading, HostReading, Late, Mark, Record, Step
from mlperf_tui.session.folder import Folder
from mlperf_tui.session.follow import Origin
from mlperf_tui.session.log import Tail
from tests.recorded import parts

S = 1_000_000_000
GIB = 1 << 30
RECORDER = Origin("readings-a-0.jsonl", None)


def _rank(rank: int) -> Origin:
    return Origin(f"steps-{rank}-0.jsonl", rank)


def _train(watch: Watch, start_s: float, count: int, step_s: float = 1.0, rank: int = 0) -> None:
    for n in range(count):
        watch.see(_rank(rank), Step(round((start_s + n * step_s) * S), n, 32))


def _kinds(watch: Watch, now_s: float, free: int | None = 100 * GIB) -> list[str]:
    return [kind for kind, _ in watch.look(round(now_s * S), free)]


def test_a_loss_that_is_no_number_is_told_once() -> None:
    """Which step and what it was; the NaNs that follow say nothing new, nor do those of other ranks."""
    watch = Watch()
    watch.see(_rank(0), Late(7, loss=2.0))
    watch.see(_rank(0), Late(8, loss=math.nan))
    watch.see(_rank(0), Late(9, loss=math.inf))
    assert watch.look(S, None) == [("loss-not-finite", "the loss is NaN at step 8")]
    watch.see(_rank(1), Late(9, loss=math.nan))
    watch.see(_rank(0), Late(10, loss=math.nan))
    assert watch.look(2 * S, None) == []


def test_a_loss_that_was_well_for_long_may_fall_ill_again() -> None:
    """A hundred finite losses are enough; one is not."""
    watch = Watch()
    watch.see(_rank(0), Late(0, loss=math.inf))
    assert watch.look(S, None) == [("loss-not-finite", "the loss is infinite at step 0")]
    watch.see(_rank(0), Late(1, loss=1.0))
    watch.see(_rank(0), Late(2, loss=math.inf))
    assert watch.look(2 * S, None) == []
    for n in range(3, 103):
        watch.see(_rank(0), Late(n, loss=1.0))
    watch.see(_rank(0), Late(103, loss=math.nan))
    assert _kinds(watch, 3) == ["loss-not-finite"]


def test_a_step_that_the_loss_scaler_skipped_is_none() -> None:
    """That is how it finds its scale."""
    watch = Watch()
    watch.see(_rank(0), Late(3, loss=math.inf, skipped=True))
    assert watch.look(S, None) == []


def test_the_rank_is_named_where_there_are_several() -> None:
    """The one whose loss went first."""
    watch = Watch()
    watch.see(_rank(3), Late(5, loss=math.nan))
    assert watch.look(S, None) == [("loss-not-finite", "the loss of rank 3 is NaN at step 5")]


def test_no_step_for_a_minute_is_told_once_until_one_comes() -> None:
    """At least 60 s, however short a step is; a step ends it, and a new stall is a new alarm."""
    watch = Watch()
    _train(watch, 0, 20, 0.5)
    assert _kinds(watch, 69) == []
    text = "no step for 60 s; usually one takes 0.5 s (d shows where each rank is)"
    assert watch.look(70 * S, None) == [("no-step", text)]
    assert _kinds(watch, 100) == []
    _train(watch, 110, 1)
    assert _kinds(watch, 111) == []
    assert _kinds(watch, 171) == ["no-step"]


def test_a_run_that_waits_for_its_turn_is_not_silent() -> None:
    """Another process is measured meanwhile; once the turn is back, silence counts again."""
    watch = Watch()
    _train(watch, 0, 20, 0.5)
    watch.see(_rank(0), Mark(10 * S, "turn_wait"))
    assert _kinds(watch, 500) == []
    watch.see(_rank(0), Mark(500 * S, "turn_start"))
    assert _kinds(watch, 559) == []
    assert _kinds(watch, 561) == ["no-step"]


def test_slow_steps_are_given_ten_times_their_time() -> None:
    """By their median: one long one changes nothing."""
    watch = Watch()
    _train(watch, 0, 10, 12.0)
    last = 9 * 12
    assert _kinds(watch, last + 119) == []
    assert _kinds(watch, last + 120) == ["no-step"]


@pytest.mark.parametrize("name", ["eval", "checkpoint", "save_checkpoint"])
def test_no_alarm_while_it_evaluates_or_saves(name: str) -> None:
    """However long it takes; after it, silence counts from its end."""
    watch = Watch()
    _train(watch, 0, 20)
    watch.see(_rank(0), Mark(20 * S, f"{name}_start"))
    watch.see(_rank(1), Step(21 * S, 20, 32))
    assert _kinds(watch, 1000) == []
    watch.see(_rank(0), Mark(1000 * S, f"{name}_stop"))
    assert _kinds(watch, 1059) == []
    assert _kinds(watch, 1061) == ["no-step"]


def test_steps_end_a_pause_that_was_never_marked_as_over() -> None:
    """Training again for a while shows it."""
    watch = Watch()
    _train(watch, 0, 20)
    watch.see(_rank(0), Mark(20 * S, "eval_start"))
    _train(watch, 40, 20)
    assert _kinds(watch, 60 + 61) == ["no-step"]


def test_no_alarm_before_the_first_steps_nor_after_the_end() -> None:
    """The first one compiles; after run_stop there is nothing to come, until it starts anew."""
    watch = Watch()
    assert _kinds(watch, 500) == []
    _train(watch, 500, 2)
    assert _kinds(watch, 900) == []
    _train(watch, 900, 10)
    watch.see(_rank(0), Mark(910 * S, "run_stop"))
    assert _kinds(watch, 2000) == []
    watch.see(_rank(0), Mark(2000 * S, "run_start"))
    assert _kinds(watch, 2061) == ["no-step"]


def test_a_rank_whose_process_ends_while_others_run() -> None:
    """Told once; not of a rank that was never here, nor once the run or all ranks are over."""
    watch = Watch()
    here, without = {0: True, 1: True, 2: False}, {0: True, 1: False, 2: False}
    watch.see(_rank(0), Mark(0, "run_start"))
    assert watch.look(1 * S, None, here) == []
    told = "the process of rank 1 has ended, and others run on: they may wait for it"
    assert watch.look(8 * S, None, without) == [("rank-gone", told)]
    assert watch.look(60 * S, None, without) == []
    assert watch.look(70 * S, None, here) == []
    assert watch.look(75 * S, None, dict.fromkeys(here, False)) == []
    watch.see(_rank(0), Mark(76 * S, "run_stop"))
    assert watch.look(90 * S, None, without) == []


def test_a_program_that_does_not_mark_its_end_may_take_some_seconds_for_it() -> None:
    """One rank after the other leaves."""
    watch = Watch()
    for second, alive in ((1, (True, True)), (2, (True, False)), (11, (True, False))):
        assert watch.look(second * S, None, dict(enumerate(alive))) == []
    assert [kind for kind, _ in watch.look(12 * S, None, {0: True, 1: False})] == ["rank-gone"]


def test_a_rank_that_falls_silent_while_others_go_on() -> None:
    """It is named, once; when all stand still, that alone is told."""
    watch = Watch()
    _train(watch, 0, 10, rank=0)
    _train(watch, 0, 10, rank=1)
    _train(watch, 10, 70, rank=0)
    assert watch.look(79 * S, None) == [("rank-silent", "rank 1 has made no step for 70 s while others went on")]
    assert _kinds(watch, 80) == []
    assert _kinds(watch, 200) == ["no-step"]


def _hot(watch: Watch, start: int, stop: int, word: str = "thermal+power") -> None:
    for second in range(start, stop):
        watch.see(RECORDER, GpuReading(second * S, limits=("", word), temperature_c=(60.0, 91.0)))


def _exchange(watch: Watch, start_s: int, seconds: int, own: tuple[float, ...], *, by_gpu: bool = False) -> list[str]:
    """All alarms' sentences over so many seconds of steps of 1 s, of which each rank works so long by itself."""
    told: list[str] = []
    for t in range(start_s, start_s + seconds):
        for rank, mine in enumerate(own):
            watch.see(_rank(rank), Step(t * S, t, 32, 0.25, 9.0 if by_gpu else 0.75))
            watch.see(_rank(rank), Late(t, 1.0 if by_gpu else None, exposed_allreduce_s=1.0 - mine))
        told += [text for _, text in watch.look(t * S, 100 * GIB)]
    return told


@pytest.mark.parametrize("by_gpu", [True, False])
def test_a_rank_that_the_others_wait_for(*, by_gpu: bool) -> None:
    """After two stretches in which it was slow, once; again when it was well in between. By the GPU's clock if told."""
    watch = Watch()
    slow = ["rank 1 works 1.5 times as long as the others, which wait for it"]
    assert _exchange(watch, 1, 30, (0.6, 0.6, 0.6), by_gpu=by_gpu) == []
    assert _exchange(watch, 31, 15, (0.6, 0.9, 0.6), by_gpu=by_gpu) == []
    assert _exchange(watch, 46, 60, (0.6, 0.9, 0.6), by_gpu=by_gpu) == slow
    assert _exchange(watch, 106, 30, (0.6, 0.7, 0.6), by_gpu=by_gpu) == []
    assert _exchange(watch, 136, 40, (0.6, 0.9, 0.6), by_gpu=by_gpu) == slow


def test_ranks_that_take_turns_in_being_slow_are_none() -> None:
    """A stretch each: a batch that took long, and not a rank."""
    watch = Watch()
    found = [_exchange(watch, 1 + 10 * n, 10, (0.9, 0.6) if n % 2 else (0.6, 0.9)) for n in range(8)]
    assert found == [[]] * 8


def test_a_rank_of_whose_exchange_nothing_is_known_is_not_judged() -> None:
    """Nor one that takes too few steps to tell."""
    watch = Watch()
    for t in range(1, 80):
        watch.see(_rank(0), Step(t * S, t, 32, 0.5, 0.5))
        watch.see(_rank(1), Step(t * S, t, 32, 0.5, 5.5))
        watch.see(_rank(1), Late(t))
        if t % 30 == 0:
            watch.see(_rank(1), Late(t, exposed_allreduce_s=0.1))
        assert watch.look(t * S, 100 * GIB) == []


@pytest.mark.parametrize(("name", "named"), [("two-h200", []), ("two-h200-slowed", ["rank 1"])])
def test_on_two_real_gpus(name: str, named: list[str]) -> None:
    """ResNet-50 on two H200, and the same with rank 1 held for half of the time."""
    seen: list[tuple[int, Origin, Record]] = []
    for rank, path in enumerate(Folder(parts.HERE / name).steps()):
        stepped: dict[int, int] = {}
        for record in Tail(path).read():
            if isinstance(record, Step):
                stepped[record.n] = record.t
            if isinstance(record, Step | Late):
                seen.append((stepped[record.n], _rank(rank), record))
    watch, told, asked = Watch(), [], 0
    for t, origin, record in sorted(seen, key=lambda one: one[0]):
        watch.see(origin, record)
        if t - asked >= S:
            asked = t
            told += [text for kind, text in watch.look(t, 100 * GIB) if kind == "rank-slow"]
    assert [text.partition(" works")[0] for text in told] == named


def test_a_rank_that_is_stopped() -> None:
    """After ten seconds, once; one that is held and let go again and again is none, and a new time is told anew."""
    watch = Watch()
    seen = [watch.look(t * S, 100 * GIB, {0: True, 1: True}, {1} if t % 5 else set()) for t in range(1, 40)]
    assert seen == [[]] * 39
    seen = [watch.look(t * S, 100 * GIB, {0: True, 1: True}, {1}) for t in range(40, 70)]
    assert [text for told in seen for _, text in told] == [
        "the process of rank 1 is stopped (SIGSTOP): kill -CONT lets it go on"
    ]
    assert watch.look(70 * S, 100 * GIB, {0: True, 1: True}, set()) == []
    seen = [watch.look(t * S, 100 * GIB, {0: True, 1: True}, {1}) for t in range(71, 90)]
    assert [kind for told in seen for kind, _ in told] == ["rank-stopped"]


def test_heat_is_told_after_ten_seconds() -> None:
    """For the GPU that it holds, with its temperature; a short pause does not end it."""
    watch = Watch()
    _hot(watch, 0, 10)
    assert _kinds(watch, 10) == []
    _hot(watch, 12, 14)
    assert watch.look(14 * S, None) == [("thermal", "GPU 1 has been slowed down by heat for 13 s, at 91 °C")]
    _hot(watch, 14, 60)
    assert _kinds(watch, 60) == []


def test_heat_that_comes_and_goes_quickly_is_none_and_a_new_spell_is_a_new_alarm() -> None:
    """It was over for more than a minute in between."""
    watch = Watch()
    for start in range(0, 100, 10):
        _hot(watch, start, start + 4)
    assert _kinds(watch, 100) == []
    _hot(watch, 200, 212)
    assert _kinds(watch, 212) == ["thermal"]
    _hot(watch, 212, 215, "power")
    _hot(watch, 300, 312)
    assert _kinds(watch, 312) == ["thermal"]


def test_a_disk_with_less_than_a_gibibyte_is_nearly_full() -> None:
    """Once; when there was room again for a minute, it may be told again; unknown is no alarm."""
    watch = Watch()
    assert _kinds(watch, 0, None) == []
    assert _kinds(watch, 1, GIB) == []
    assert _kinds(watch, 2, GIB - 1) == ["disk-nearly-full"]
    assert _kinds(watch, 3, GIB - 1) == []
    assert _kinds(watch, 200, GIB - 1) == ["disk-nearly-full"]


def test_a_disk_must_hold_another_hour_of_this_session() -> None:
    """10 MiB of output a second are 35 GiB an hour."""
    watch = Watch()
    for second in range(11):
        watch.see(RECORDER, HostReading(second * S, output_bytes=second * (10 << 20)))
    assert _kinds(watch, 11, 40 * GIB) == []
    [(kind, text)] = watch.look(12 * S, 30 * GIB)
    assert kind == "disk-nearly-full"
    assert text == "the session's disk has 30.0 GiB left; an hour of this session takes 35.2 GiB"


records = st.one_of(
    st.builds(Step, st.integers(0, 10**12), st.integers(0, 10**6)),
    st.builds(
        Late,
        st.integers(0, 10**6),
        st.none() | st.floats(),
        loss=st.none() | st.floats(),
        skipped=st.none() | st.booleans(),
        exposed_allreduce_s=st.none() | st.floats(),
    ),
    st.builds(Mark, st.integers(0, 10**12), st.text() | st.sampled_from(["eval_start", "eval_stop", "run_stop"])),
    st.builds(
        GpuReading,
        st.integers(0, 10**12),
        limits=st.lists(st.none() | st.sampled_from(["", "thermal"])).map(tuple),
        temperature_c=st.lists(st.none() | st.floats()).map(tuple),
    ),
    st.builds(HostReading, st.integers(0, 10**12), output_bytes=st.none() | st.integers(0, 10**12)),
)


@given(st.lists(st.tuples(st.integers(0, 3), records)), st.integers(0, 10**13), st.none() | st.integers(0, 10**12))
@settings(deadline=None)
def test_no_records_are_too_odd(seen: list[tuple[int, Step | Late | Mark]], now: int, free: int | None) -> None:
    """In any order, of any rank: no error, and each alarm but a rank's or a GPU's at most once a look."""
    watch = Watch()
    for rank, record in seen:
        watch.see(_rank(rank), record)
    kinds = [kind for kind, _ in watch.look(now, free)]
    for kind in ("loss-not-finite", "no-step", "disk-nearly-full"):
        assert kinds.count(kind) <= 1
    assert not {"loss-not-finite", "no-step"} & {kind for kind, _ in watch.look(now, free)}
