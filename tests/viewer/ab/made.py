"""Experiments made by hand, and a screen that is handed them: no clock and no thread decides what a test sees."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Sequence

from textual.pilot import Pilot

from mlperf_tui.analysis.ab.evidence import Process, Window
from mlperf_tui.analysis.ab.result import Ab, Change, Comparison, Learning, Look, Speed
from mlperf_tui.records import Alarm, Clock, End, Experiment, Record, Stage
from mlperf_tui.session.status import Status
from mlperf_tui.viewer.ab import model
from mlperf_tui.viewer.ab.app import AbApp, FreshPicture
from mlperf_tui.viewer.ab.picture import Picture
from mlperf_tui.viewer.control import Control
from tests.viewer.app_of import utc

S = 1_000_000_000
T0 = 5_000 * S
NOON_NS = 1_795_521_600 * S
ID = "e-20261124-120000-resnet50-k3f9"
GIB = 1 << 30

AMP = {
    "tensor_pct": 61.0,
    "sm_pct": 94.0,
    "busy_pct": 98.0,
    "dram_pct": 45.0,
    "memory_allocated_peak_bytes": 11.2 * GIB,
    "power_w": 655.0,
    "j_per_sample": 0.51,
    "data_wait_share": 0.18,
    "cpu_cores": 7.9,
    "step_time_s": 0.0497,
}
FP32 = {
    "tensor_pct": 0.0,
    "sm_pct": 97.0,
    "busy_pct": 100.0,
    "dram_pct": 38.0,
    "memory_allocated_peak_bytes": 27.1 * GIB,
    "power_w": 612.0,
    "j_per_sample": 1.96,
    "data_wait_share": 0.01,
    "cpu_cores": 2.3,
    "step_time_s": 0.2048,
}
LABELS = {
    "tensor_pct": ("Tensor Cores", "%"),
    "sm_pct": ("SMs active", "%"),
    "busy_pct": ("GPU busy", "%"),
    "dram_pct": ("DRAM", "%"),
    "memory_allocated_peak_bytes": ("memory", "bytes"),
    "power_w": ("power", "W"),
    "j_per_sample": ("energy", "J/sample"),
    "data_wait_share": ("data wait", "share"),
    "cpu_cores": ("CPU", "cores"),
    "step_time_s": ("step time", "s"),
}
LINK = Change("link_bytes_per_step", "NVLink", "bytes/step", 5.6e9, 2.8e9, -2.8e9, -2.81e9, -2.79e9, clear=True)
OF_CPU = ("data_wait_share", "cpu_cores", "step_time_s")
"""What is known without a GPU."""


def plan(*arms: str, **more: object) -> Experiment:
    """What was asked for."""
    labels = arms or ("fp32", "amp-bf16")
    base = Experiment(
        id=ID,
        kind="workload",
        workload="resnet50",
        factor="precision",
        arms=labels,
        argvs=tuple(("python", "-m", "workloads.resnet50", f"--precision={arm}") for arm in labels),
        envs=tuple({} for _ in labels),
        command=("mlperf-tui", "ab", "resnet50"),
        cwd="/home/me",
        host="node7",
        utc="2026-11-24T12:00:00Z",
        unit="images/s",
        seeded=True,
        turns=True,
    )
    return dataclasses.replace(base, **more)  # type: ignore[arg-type]


def process(arm: str, pair: int, per_s: float, values: dict[str, float], at: int = 0, **more: object) -> Process:
    """One that was measured in two windows; the loss falls with its samples, a little apart by pair and arm."""
    windows = tuple(Window(30.0 * pair + 8 * turn + 4, 40, 10_240, 10_240 / per_s, 2, 0.01) for turn in range(2))
    losses = tuple((256.0 * step, 6.9 - 4 * step / (60 + step) + 0.02 * pair + 0.15 * at) for step in range(1, 121))
    given: dict[str, object] = {
        "session": f"s-20261124-1200{pair:02}-resnet50-k3f9-{pair}{chr(97 + at)}",
        "arm": arm,
        "pair": pair,
        "status": "stopped",
        "usable": True,
        "seed": pair,
        "unit": "images/s",
        "windows": windows,
        "source": "gpu events",
        "losses": losses,
        "metrics": values,
    }
    return Process(**{**given, **more})  # type: ignore[arg-type]


def change(name: str, a: float, b: float) -> Change:
    """With an interval of one percent of the larger."""
    label, unit = LABELS[name]
    half = 0.01 * max(abs(a), abs(b), 1e-9)
    apart = b - a
    return Change(name, label, unit, a, b, apart, apart - half, apart + half, clear=abs(apart) > half)


def look(pairs: int, ratio: float, half: float) -> Look:
    """An interval that is ±`half` about its ratio."""
    return Look(pairs, ratio, ratio / (1 + half), ratio * (1 + half))


def compared(
    a: str, b: str, speed: Speed, said: str, names: Sequence[str] = tuple(LABELS), **more: object
) -> Comparison:
    """B against A, with the changes that fp32 against amp-bf16 brings."""
    learned = Learning(
        "same",
        "same within seed noise: at 30,720 samples the loss differs by +0.011 ±0.014, a change of seed alone moves it "
        "by 0.026",
        30_720.0,
        4.31,
        4.32,
        0.011,
        -0.003,
        0.025,
        0.026,
    )
    base = Comparison(a, b, speed, learned, tuple(change(name, FP32[name], AMP[name]) for name in names), said)
    return dataclasses.replace(base, **more)  # type: ignore[arg-type]


def logs(pairs: int, *more: Record, arms: Sequence[str] = ("fp32", "amp-bf16")) -> list[list[Record]]:
    """A runner's records: so many pairs of 28 s."""
    said: list[Record] = [Clock(T0, NOON_NS, "node7", "boot")]
    for pair in range(1, pairs + 1):
        t = T0 + (pair - 1) * 28 * S
        said.append(Stage(t + S, f"starting {' and '.join(arms)}", pair))
        said += [Stage(t + (6 + at) * S, f"warming up {arm}", pair, arm) for at, arm in enumerate(arms)]
        said += [Stage(t + (12 + 4 * at) * S, f"measuring {arm}", pair, arm) for at, arm in enumerate(arms)]
    return [[*said, *more]]


def ended(why: str, status: str = "finished", after_s: int = 112) -> tuple[Status, End]:
    """A state with the record that says so."""
    end = End(T0 + after_s * S, status, why)
    return Status(status, why, end), end


def seen(asked: Experiment, state: Status, ab: Ab | None, said: Sequence[Sequence[Record]], now_s: float) -> Picture:
    """The picture so many seconds after the start."""
    utc()
    held = None if ab is None else model.held(asked, ab)
    found = model.picture(asked, state, said, held, T0 + round(now_s * S))
    return dataclasses.replace(found, age_s=1.2 if held else None)


def pairs_of(count: int, *, of_gpu: bool = True) -> tuple[Process, ...]:
    """So many whole pairs of fp32 and amp-bf16."""
    known = LABELS if of_gpu else OF_CPU
    a, b = ({name: values[name] for name in known} for values in (FP32, AMP))
    rates = [(312.1, 1_287.0), (313.0, 1_291.0), (311.4, 1_279.0), (312.5, 1_290.0)]
    return tuple(
        one
        for pair, (slow, fast) in enumerate(rates[:count], 1)
        for one in (process("fp32", pair, slow, a), process("amp-bf16", pair, fast, b, 1))
    )


def nothing_yet() -> Picture:
    """It has been asked for, and no process runs."""
    return seen(plan(), Status("starting"), None, [], 0)


def first_pair() -> Picture:
    """One window of each is over, no pair is whole."""
    half = [dataclasses.replace(one, status="running", usable=False, windows=one.windows[:1]) for one in pairs_of(1)]
    speed = Speed("cannot_tell", "no process of each arm has been measured yet")
    learned = Learning("cannot_tell", "no seed in both arms, 3 are needed to know what a seed does")
    said = f"can't tell whether amp-bf16 is faster than fp32: {speed.why}"
    one = Comparison("fp32", "amp-bf16", speed, learned, (), said)
    ab = Ab("precision", ("fp32", "amp-bf16"), "images/s", 0, 0.02, (one,), tuple(half))
    return seen(plan(), Status("running"), ab, logs(1), 19)


LOOKS = (look(2, 4.11, 0.19), look(3, 4.10, 0.05), look(4, 4.12, 0.011))


def faster(state: str = "finished", *, of_gpu: bool = True) -> Picture:
    """Four pairs, settled."""
    said = (
        "amp-bf16 is 4.1 times faster (±1.1 %): Tensor Cores 0 → 61 %, memory 27 → 11 GiB (torch's own peak); "
        "now 18 % of the time waits for data"
        if of_gpu
        else "amp-bf16 is 4.1 times faster (±1.1 %); now 18 % of the time waits for data"
    )
    speed = Speed(
        "faster",
        "known to ±1.1 %",
        LOOKS,
        settled=True,
        more_pairs=0,
        mean_a=312.2,
        mean_b=1_287.0,
        spread_a=0.002,
        spread_b=0.004,
    )
    one = compared("fp32", "amp-bf16", speed, said, tuple(LABELS) if of_gpu else OF_CPU)
    warnings = (
        "the processes of a pair were resident together and took turns: what speed does in time cancels, each has "
        "less memory and cache than alone; the process stays the unit of evidence",
        "fp32: TF32 off",
    )
    ab = Ab(
        "precision", ("fp32", "amp-bf16"), "images/s", 4, 0.02, (one,), pairs_of(4, of_gpu=of_gpu), warnings=warnings
    )
    word, end = ended("settled after 4 pairs")
    if state == "running":
        return seen(plan(), Status("running"), ab, logs(4), 110)
    return seen(plan(), word, ab, logs(4, end), 113)


def eight_gpus() -> Picture:
    """The same on eight, with what went over NVLink."""
    shown = faster("running")
    assert shown.held is not None
    one = shown.held.ab.comparisons[0]
    ab = dataclasses.replace(shown.held.ab, comparisons=(dataclasses.replace(one, changes=(*one.changes, LINK)),))
    return seen(plan(), Status("running"), ab, logs(4), 110)


def cannot_tell() -> Picture:
    """Three pairs, and a difference that may be none."""
    arms = ("off", "on")
    looks = (look(2, 1.008, 0.31), look(3, 1.004, 0.042))
    why = "known to ±4.2 %, ±2 % was asked for; 3 more pairs should do"
    speed = Speed(
        "cannot_tell", why, looks, more_pairs=3, mean_a=1_280.0, mean_b=1_285.0, spread_a=0.009, spread_b=0.008
    )
    learned = Learning("cannot_tell", "one batch is repeated: such data can't be learned")
    said = f"can't tell whether on is faster than off: {why}"
    one = compared("off", "on", speed, said, learning=learned)
    one = dataclasses.replace(one, changes=tuple(change(name, AMP[name], AMP[name] * 1.002) for name in LABELS))
    runs = tuple(dataclasses.replace(each, arm=arms[at % 2], losses=()) for at, each in enumerate(pairs_of(3)))
    ab = Ab("compile", arms, "images/s", 3, 0.02, (one,), runs, drift="speed fell by 1.2 % over the experiment")
    asked = plan(*arms, factor="compile")
    return seen(asked, Status("running"), ab, logs(4, arms=arms), 100)


def a_against_a() -> Picture:
    """The same value twice: settled, and no difference."""
    arms = ("fp32 #1", "fp32 #2")
    looks = (look(2, 0.9991, 0.12), look(3, 1.0004, 0.02), look(4, 1.0006, 0.006))
    why = "a difference, if there is one, is too small for ±0.6 % to show"
    speed = Speed("cannot_tell", why, looks, settled=True, mean_a=312.2, mean_b=312.4, spread_a=0.002, spread_b=0.002)
    said = "no difference of more than 0.7 % between fp32 #2 and fp32 #1 (can't tell which is faster)"
    one = compared(*arms, speed, said)
    one = dataclasses.replace(one, changes=tuple(change(name, FP32[name], FP32[name] * 1.001) for name in LABELS))
    runs = tuple(dataclasses.replace(each, arm=arms[at % 2]) for at, each in enumerate(pairs_of(4)))
    ab = Ab("precision", arms, "images/s", 4, 0.02, (one,), runs)
    word, end = ended("settled after 4 pairs")
    return seen(plan(*arms), word, ab, logs(4, end, arms=arms), 113)


def refused() -> Picture:
    """The arms differ in more than the factor."""
    reasons = ("torch 2.11.0 in fp32, 2.9.1 in amp-bf16", "NVIDIA H100 in fp32, NVIDIA A100 in amp-bf16")
    ab = Ab("precision", ("fp32", "amp-bf16"), "images/s", 1, 0.02, (), pairs_of(1), reasons)
    word, end = ended(f"these can't be compared: {reasons[0]}", "failed", 31)
    return seen(plan(), word, ab, logs(1, end), 40)


def failed() -> Picture:
    """Three times in a row a process ended before it was measured."""
    why = f"{pairs_of(1)[1].session} failed: torch.OutOfMemoryError: CUDA out of memory."
    alarms = [Alarm(T0 + at * 9 * S, "pair-failed", f"pair 1 failed and is run again: {why}") for at in (1, 2)]
    runs = [dataclasses.replace(one, status="failed", usable=False, windows=(), losses=()) for one in pairs_of(1)]
    learned = Learning("cannot_tell", "no seed in both arms, 3 are needed to know what a seed does")
    speed = Speed("cannot_tell", "no process of each arm has been measured yet")
    one = Comparison("fp32", "amp-bf16", speed, learned, (), f"can't tell whether amp-bf16 is faster: {speed.why}")
    ab = Ab("precision", ("fp32", "amp-bf16"), "images/s", 0, 0.02, (one,), tuple(runs))
    word, end = ended(why, "failed", 30)
    return seen(plan(), word, ab, logs(1, *alarms, end), 40)


def three_arms(count: int = 3) -> Picture:
    """fp32 against tf32 and amp-bf16, or against as many batches as are asked for."""
    arms = ("fp32", "tf32", "amp-bf16", "amp-fp16", "fp8", "int8")[:count]
    rates = {arm: 312.0 * (1 + at) for at, arm in enumerate(arms)}
    ones = []
    for at, arm in enumerate(arms[1:], 1):
        ratio = 1.0 + at
        looks = (look(2, ratio, 0.1), look(3, ratio * 1.001, 0.03), look(4, ratio, 0.008 * at))
        speed = Speed(
            "faster",
            "known to ±0.8 %",
            looks,
            settled=0.008 * at <= 0.02,
            more_pairs=0 if 0.008 * at <= 0.02 else 2,
            mean_a=312.0,
            mean_b=rates[arm],
            spread_a=0.002,
            spread_b=0.003,
        )
        ones.append(
            compared("fp32", arm, speed, f"{arm} is {ratio:.1f} times faster (±{0.8 * at:.1f} %): power 5 % up")
        )
    runs = tuple(
        process(arm, pair, rates[arm] * (1 + 0.002 * pair), FP32, at)
        for pair in range(1, 5)
        for at, arm in enumerate(arms)
    )
    ab = Ab("precision", arms, "images/s", 4, 0.02, tuple(ones), runs)
    return seen(plan(*arms), Status("running"), ab, logs(4, arms=arms), 115)


def tells_nothing() -> Picture:
    """Two pairs that scatter so much that the interval has no useful ends; losses that are none."""
    shown = faster("running")
    assert shown.held is not None
    ab = shown.held.ab
    wide = Look(2, 4.1, 4.1 / math.exp(200), 4.1 * math.exp(200))
    speed = Speed(
        "cannot_tell",
        "too few pairs to say, ±2 % was asked for",
        (wide,),
        mean_a=312.0,
        mean_b=1_287.0,
        spread_a=0.3,
        spread_b=0.4,
    )
    one = dataclasses.replace(ab.comparisons[0], speed=speed, sentence=f"can't tell: {speed.why}")
    runs = tuple(dataclasses.replace(each, losses=((256.0, math.nan), (512.0, math.inf))) for each in pairs_of(2))
    return seen(
        plan(), Status("running"), dataclasses.replace(ab, comparisons=(one,), processes=runs, pairs=2), logs(2), 60
    )


def ab_of(*pictures: Picture, control: Control | None = None, ascii_only: bool = False) -> AbApp:
    """A screen that has been handed these and gets no more by itself."""

    def follow(show: Callable[[Picture], object], _: object) -> None:
        for picture in pictures:
            show(picture)

    return AbApp(follow, control or Control(), ascii_only=ascii_only)


def feed(app: AbApp, picture: Picture) -> None:
    """Hand it one more."""
    app.post_message(FreshPicture(picture))


async def ready(pilot: Pilot[bool]) -> None:
    """All that was to be handed on has been, and is drawn."""
    await pilot.app.workers.wait_for_complete()
    await pilot.pause()
