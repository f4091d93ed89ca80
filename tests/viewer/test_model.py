"""The fold behind the screen: records in, a snapshot out, with gaps, dashes and words where there are no numbers."""

from __future__ import annotations

import math

import pytest

from mlperf_tui.records import (
    About,
    Alarm,
    Clock,
    GpuInfo,
    GpuReading,
    HostReading,
    Late,
    Mark,
    Minute,
    Plan,
    Record,
    Step,
    Unavailable,
)
from mlperf_tui.session.follow import Origin
from mlperf_tui.session.rollup import Fold
from mlperf_tui.session.status import Status
from mlperf_tui.viewer.model import Model
from mlperf_tui.viewer.snapshot import Snapshot

S = 1_000_000_000
T0 = 1_000 * S
PLAN = Plan("s-1", "workload", "resnet50", (), "/", "here", "2026-11-24T09:12:04Z")
RUNNING = Status("running")


def origin(rank: int | None = 0, restart: int = 0) -> Origin:
    return Origin("readings-here-0.jsonl" if rank is None else f"steps-{rank}-{restart}.jsonl", rank)


def step(second: float, n: int, *, seconds: float = 0.5) -> Step:
    return Step(T0 + round(second * S), n, 32, 0.0, seconds)


def seen(*records: Record, at: float, status: Status = RUNNING, rank: int = 0) -> Snapshot:
    """The snapshot so many seconds after T0."""
    model = Model(PLAN)
    for record in records:
        model.add(origin(rank), record)
    return model.snapshot(T0 + round(at * S), status)


def test_nothing_known_is_nothing_shown() -> None:
    """A session that has just been made: every number is None, and no GPU is invented."""
    found = seen(at=0)
    assert found.training.now.samples_per_s is None
    assert found.elapsed_s is None
    assert found.gpus == ()
    assert found.links.gpus == ()
    assert found.learning.loss is None


def test_the_rate_is_of_the_last_seconds() -> None:
    """Slow steps of long ago don't slow down the rate of now."""
    slow = [step(second, second, seconds=1.0) for second in range(1, 30)]
    fast = [step(30 + 0.1 * n, 30 + n, seconds=0.1) for n in range(1, 150)]
    found = seen(*slow, *fast, at=45.2)
    assert found.training.now.samples_per_s == pytest.approx(320)


def test_a_second_without_steps_is_a_gap_and_the_rate_becomes_unknown() -> None:
    """An evaluation: neither 0 in the curve nor the rate of before."""
    steps = [step(0.5 * n, n) for n in range(1, 20)]
    later = [step(25 + 0.5 * n, 20 + n) for n in range(1, 4)]
    cells = seen(*steps, *later, at=28).training.curve.cells(28, 1)
    assert cells[5] == pytest.approx(64)
    assert cells[15] is None
    assert 0 not in cells
    waiting = seen(*steps, at=25)
    assert waiting.training.now.samples_per_s is None
    assert waiting.training.silent_s == pytest.approx(15.5)


def test_a_slow_step_leaves_no_gap_behind() -> None:
    """Training at a step every four seconds is training in each of them."""
    cells = seen(*(step(4 * n, n, seconds=4.0) for n in range(1, 6)), at=21).training.curve.cells(16, 1)
    assert None not in cells


def test_the_step_that_compiles_is_no_step_of_now() -> None:
    """While it lasts the screen says so; afterwards the rate of now is that of the steps behind it."""
    began: list[Record] = [Mark(T0, "run_start"), Mark(T0, "compile_start")]
    compiling = seen(*began, at=42)
    assert compiling.limited is not None
    assert compiling.limited.evidence == ("the model is being compiled, since 00:00:42",)
    first: list[Record] = [Mark(T0 + 60 * S, "compile_stop"), step(60.2, 0, seconds=60.2)]
    settled = seen(*began, *first, *(step(60.7 + n / 2, n + 1) for n in range(8)), at=65)
    assert settled.training.now.samples_per_s == pytest.approx(64)
    assert settled.training.now.p99_s == pytest.approx(0.5, rel=0.01)
    assert settled.training.whole.steps + settled.training.whole.warmup_steps == 9
    assert settled.limited is None or "compiled" not in settled.limited.evidence[0]


def test_a_run_that_stands_still_has_no_limit() -> None:
    """After a minute without a step, what was said of the steps before holds no longer."""
    steps = [step(n / 2, n) for n in range(40)]
    standing = seen(*steps, at=19.5 + 73)
    assert standing.limited is not None
    assert (standing.limited.value, standing.limited.evidence) == ("unknown", ("no step for 00:01:13",))


@pytest.mark.parametrize(
    ("marks", "stands"),
    [((), True), (("eval_start",), False), (("turn_wait",), False), (("eval_start", "eval_stop"), True)],
)
def test_a_pause_that_is_marked_is_none(marks: tuple[str, ...], stands: bool) -> None:
    """Nobody waits for a step while it evaluates; without a mark ten seconds are enough to say that it stands still."""
    records: list[Record] = []
    for second in range(1, 21):
        reading = HostReading(T0 + round((second - 0.2) * S), run_cpu_cores=1.9, cpu_cores=2.0)
        records += [step(second - 0.5, 2 * second), reading, step(second, 2 * second + 1)]
    paused: list[Record] = [Mark(T0 + round(20.1 * S), key) for key in marks]
    found = seen(*records, *paused, at=33).limited
    assert found is not None
    assert (found.evidence == ("no step for 00:00:13",)) is stands


def test_several_ranks_add_up_also_when_their_steps_fall_into_different_seconds() -> None:
    """The curve holds the whole job's rate in each second."""
    model = Model(PLAN)
    for n in range(1, 12):
        model.add(origin(n % 2), step(n, n // 2, seconds=2.0))
    found = model.snapshot(T0 + 12 * S, RUNNING)
    assert found.training.now.samples_per_s == pytest.approx(32)
    assert found.training.curve.cells(3, 1) == pytest.approx([32, 32, 32])


def test_a_restarted_rank_goes_on() -> None:
    """Its steps begin at 0 again; nothing is lost, and nothing counts as missing."""
    model = Model(PLAN)
    for restart in (0, 1):
        for n in range(10):
            model.add(origin(0, restart), step(1 + 10 * restart + 0.5 * n, n))
    found = model.snapshot(T0 + 17 * S, RUNNING)
    assert found.training.whole.steps + found.training.whole.warmup_steps == 20


def test_a_loss_that_is_no_number_stays_said() -> None:
    """The newest loss is NaN and counted; the history has a gap there."""
    found = seen(step(1, 0), Late(0, loss=2.5), step(2, 1), Late(1, loss=math.nan), at=3.5)
    assert found.learning.loss is not None
    assert math.isnan(found.learning.loss)
    assert found.learning.nan_steps == 1
    assert found.learning.losses.cells(2, 1) == [2.5, None]


def test_unknown_cells_of_a_gpu_stay_unknown() -> None:
    """Short arrays, None and no info: as many GPUs as were read, with dashes to come."""
    reading = GpuReading(T0 + S, busy_pct=(50.0, None), power_w=(300.0,))
    first, second = seen(reading, at=2).gpus
    assert (first.busy_pct, first.power_w, first.sm_pct, first.memory_total_bytes) == (50.0, 300.0, None, None)
    assert (second.busy_pct, second.power_w, second.limits) == (None, None, None)


def test_an_old_reading_says_nothing_about_now() -> None:
    """The recorder is gone: the GPU is still there, its values are not."""
    info = GpuInfo(0, "GPU-a", "H100")
    found = seen(info, GpuReading(T0 + S, busy_pct=(50.0,)), at=60).gpus
    assert [gpu.busy_pct for gpu in found] == [None]


def test_a_lost_gpu_is_lost_until_it_answers() -> None:
    """An alarm alone does not hide values that come."""
    infos = [GpuInfo(index, f"GPU-{index}", "H100") for index in range(2)]
    alarm = Alarm(T0 + S, "gpu-lost", "GPU 1 is lost: it fell off")
    gone = seen(*infos, alarm, GpuReading(T0 + S, busy_pct=(50.0, None)), at=2)
    assert [gpu.lost for gpu in gone.gpus] == [None, "it fell off"]
    back = seen(*infos, alarm, GpuReading(T0 + S, busy_pct=(50.0, 3.0)), at=2)
    assert [gpu.lost for gpu in back.gpus] == [None, None]


def test_which_gpus_are_mine() -> None:
    """Those that a rank named; before any has, nobody knows."""
    infos = [GpuInfo(index, f"GPU-{index}", "NVIDIA H100 80GB HBM3") for index in range(2)]
    assert [gpu.used for gpu in seen(*infos, at=1).gpus] == [None, None]
    about = About(0, 1, 0, 7, device="NVIDIA H100 80GB HBM3", gpu_uuid="GPU-1", samples_per_step=32)
    found = seen(*infos, about, at=1)
    assert [gpu.used for gpu in found.gpus] == [False, True]
    assert found.device == "1 × H100 80GB"
    assert found.batch == 32


def test_energy_needs_the_power_of_each_gpu_in_use() -> None:
    """One unknown power makes the sum unknown."""
    infos = [GpuInfo(index, f"GPU-{index}", "H100") for index in range(2)]
    known = GpuReading(T0 + S, busy_pct=(1.0, 1.0), power_w=(300.0, 200.0))
    partly = GpuReading(T0 + S, busy_pct=(1.0, 1.0), power_w=(300.0, None))
    assert seen(*infos, known, at=2).training.spent_w == 500
    assert seen(*infos, partly, at=2).training.spent_w is None


def test_events_have_the_hosts_wall_time() -> None:
    """By the newest pair of clocks; settings that MLPerf marks are no events."""
    clock = Clock(T0, 50 * S, "here", "boot")
    marks = [
        Mark(T0 + S, "seed", 1),
        Mark(T0 + S, "sgd_opt_momentum", 0.9),
        Mark(T0 + 2 * S, "eval_accuracy", 0.412, {"epoch_num": 2}),
    ]
    [event] = seen(clock, *marks, at=3).events
    assert event.text == "eval_accuracy 0.412 (epoch 2)"
    assert event.wall_ns == 52 * S


def test_what_is_said_in_a_mark_is_harmless() -> None:
    """Escape sequences of a program's marks never reach the terminal."""
    found = seen(Mark(T0, "run_start", "\x1b[2J\x1b]0;owned\x07x"), Alarm(T0, "x", "\x1b[31mred"), at=1)
    assert [event.text for event in found.events] == ["run_start x", "alarm: red"]


def test_the_epoch_is_the_newest_that_began() -> None:
    """Whatever way the mark says its number."""
    found = seen(
        Mark(T0, "epoch_start", None, {"epoch_num": 3}), Mark(T0 + S, "block_start", None, {"first_epoch_num": 4}), at=2
    )
    assert found.epoch == 4


def test_an_ended_run_has_no_rate_of_now() -> None:
    """But that of the whole run."""
    found = seen(*(step(0.5 * n, n) for n in range(1, 40)), at=21, status=Status("finished"))
    assert found.training.now.samples_per_s is None
    assert found.training.whole.samples_per_s == pytest.approx(64)


def test_why_there_is_no_gpu() -> None:
    """In the recorder's words."""
    assert seen(Unavailable("gpu", "no NVIDIA driver here"), at=1).no_gpu == "no NVIDIA driver here"


def test_minutes_of_before_and_records_of_now_give_one_picture() -> None:
    """Recalled from a rollup, the totals and marks are those of the lines themselves."""
    records: list[Record] = [Mark(T0, "run_start"), About(0, 1, 0, 7, epochs=3)]
    records += [step(0.5 * n, n) for n in range(1, 120)]
    fold = Fold()
    for record in records:
        fold.add(origin(), record)
    minute: Minute = fold.take({})
    recalled = Model(PLAN)
    recalled.recall(minute, minute.t1)
    found, expected = recalled.snapshot(T0 + 60 * S, RUNNING), seen(*records, at=60)
    assert found.training.whole == expected.training.whole
    assert found.events == expected.events
    assert found.epochs == expected.epochs == 3
    assert found.training.curve.cells(50, 1) == pytest.approx(expected.training.curve.cells(50, 1))


def test_an_ended_run_shows_the_gpu_as_it_was_while_it_ran() -> None:
    """What the card did after run_stop, when the program had let go of it, is not the run's."""
    records = (
        GpuInfo(0, "GPU-a", "H100"),
        Mark(T0, "run_start"),
        GpuReading(T0 + S, busy_pct=(99.0,), power_w=(600.0,)),
        Mark(T0 + 2 * S, "run_stop"),
        GpuReading(T0 + 3 * S, busy_pct=(1.0,), power_w=(70.0,)),
        GpuReading(T0 + 4 * S, energy_j=(5.0,)),
    )
    ended = seen(*records, at=30, status=Status("finished"), rank=0)
    assert (ended.gpus[0].busy_pct, ended.gpus[0].power_w) == (99.0, 600.0)
    live = seen(*records, at=4)
    assert (live.gpus[0].busy_pct, live.gpus[0].power_w) == (1.0, 70.0)
