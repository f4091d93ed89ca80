"""Makes experiments in turns with known throughputs: each pair's processes are measured A B B A, a window 3.2 s."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from mlperf_tui.records import (
    About,
    Clock,
    End,
    Experiment,
    GpuInfo,
    GpuReading,
    HostInfo,
    HostReading,
    Late,
    LinkReading,
    Mark,
    Plan,
    Record,
    Stage,
    Step,
    encode,
)
from mlperf_tui.session.experiments import ExperimentFolder
from mlperf_tui.session.folder import Folder
from tests.recorded.parts import BOOT, HOST, SECOND, T0, clock, plan

UUID = "GPU-00000000-0000-0000-0000-00000000000{}"
WINDOW_S, PAIR_S, STEP_SAMPLES = 3.2, 40.0, 32
WARM_UP_S, FIRST_S = 4.0, 8.0


@dataclass(frozen=True, slots=True)
class Arm:
    """What the processes of an arm are like. `per_s` is of all ranks, one value a pair.

    `ahead` batches are there when a turn begins; each later one is waited for `wait` of its step. `slow` is how many
    times longer the first two steps of a window take.
    """

    name: str
    per_s: Sequence[float]
    tensor: float = 0.0
    power: float = 400.0
    clock_mhz: float = 1980.0
    limits: str = ""
    memory: int = 8 << 30
    ahead: int = 0
    wait: float = 0.0
    slow: float = 1.5
    about: Mapping[str, Any] = field(default_factory=dict)
    plan: Mapping[str, Any] = field(default_factory=dict)
    status: str = "stopped"
    swaps: int = 0
    """Bytes a second that the host swaps while it has its turn."""


def experiment(root: Path, arms: Sequence[Arm], *, ranks: int = 1, gpu: bool = True, **more: Any) -> ExperimentFolder:
    """The experiment and all its sessions below `root`."""
    folder = ExperimentFolder(root / "e-20261124-091204-resnet50-test")
    folder.path.mkdir(parents=True)
    asked = _asked(folder.id, arms, **more)
    folder.experiment.write_text(encode(asked) + "\n")
    stages: list[Record] = [clock(T0)]
    for pair in range(1, len(arms[0].per_s) + 1):
        placed = list(arms) if pair % 2 else list(arms)[::-1]
        begin_s = PAIR_S * (pair - 1)
        for place, arm in enumerate(placed):
            made = session(root, arm, pair, place, placed, begin_s, ranks=ranks, gpu=gpu, experiment=folder.id)
            stages.append(Stage(_at(begin_s), f"starting {arm.name}", pair, arm.name, made.id))
    (folder.path / "log-0.jsonl").write_text("".join(encode(stage) + "\n" for stage in stages))
    return folder


def _asked(name: str, arms: Sequence[Arm], **more: Any) -> Experiment:
    given: dict[str, Any] = {
        "id": name,
        "kind": "workload",
        "workload": "resnet50",
        "factor": "precision",
        "arms": tuple(arm.name for arm in arms),
        "argvs": tuple(("python", "-m", "workloads.resnet50", f"--precision={arm.name}") for arm in arms),
        "envs": tuple({} for _ in arms),
        "command": ("mlperf-tui", "ab", "resnet50", "--vary", f"precision={','.join(arm.name for arm in arms)}"),
        "cwd": "/home/someone",
        "host": HOST,
        "utc": "2026-11-24T09:12:04Z",
        "unit": "images/s",
        "turns": True,
    }
    return Experiment(**{**given, **more})


def session(
    root: Path,
    arm: Arm,
    pair: int,
    place: int,
    placed: Sequence[Arm],
    begin_s: float,
    *,
    ranks: int = 1,
    gpu: bool = True,
    experiment: str | None = None,
) -> Folder:
    """One process of a pair, with its windows where it has its place."""
    letter = arm.name.replace(" ", "")
    made = plan(
        f"{pair}-{place}-{letter}",
        precision=arm.name.partition(" ")[0],
        seed=pair,
        experiment=experiment,
        arm=arm.name,
        pair=pair,
        turns=True,
        argv=("python", "-m", "workloads.resnet50", f"--precision={arm.name.partition(' ')[0]}"),
    )
    made = replace(made, **arm.plan)
    folder = _written(root, made, _readings(arm, begin_s, placed, gpu=gpu, ranks=ranks))
    for rank in range(ranks):
        _lines(
            folder.path / f"steps-{rank}-0.jsonl", _steps(arm, pair, place, len(placed), begin_s, rank, ranks, gpu=gpu)
        )
    return folder


def _written(root: Path, made: Plan, readings: list[Record]) -> Folder:
    folder = Folder(root / made.id)
    folder.path.mkdir(parents=True)
    folder.session.write_text(encode(made) + "\n")
    folder.output.write_text("")
    _lines(folder.path / f"readings-{HOST}-0.jsonl", readings)
    return folder


def _lines(path: Path, records: Sequence[Record]) -> None:
    path.write_text("".join(encode(record) + "\n" for record in records))


def _at(seconds: float) -> int:
    return T0 + round(seconds * SECOND)


def windows(begin_s: float, count: int) -> list[tuple[int, float]]:
    """Each window's place in a pair of so many arms, and when it begins: once forward, once back."""
    order = [*range(count), *reversed(range(count))]
    return [(place, begin_s + FIRST_S + WINDOW_S * number) for number, place in enumerate(order)]


def _steps(
    arm: Arm, pair: int, place: int, arms: int, begin_s: float, rank: int, ranks: int, *, gpu: bool
) -> list[Record]:
    step_s = STEP_SAMPLES * ranks / arm.per_s[pair - 1]
    facts = {
        "device": "NVIDIA H100" if gpu else "CPU", "torch": "2.14.0", "tf32": {"matmul": False, "conv": False},
        "precision": arm.name.partition(" ")[0], "data": "digits", "samples_per_step": STEP_SAMPLES,
        "batches_ahead": arm.ahead, **({"gpu_uuid": UUID.format(rank)} if gpu else {}), **arm.about,
    }  # fmt: skip
    found: list[Record] = [clock(_at(begin_s)), About(rank, ranks, rank, 100, **facts)]
    found.append(Mark(_at(begin_s + 1), "turn_wait"))
    n = 0
    turns = [(begin_s + WARM_UP_S, 5)] + [
        (start, int((WINDOW_S - 0.1) / step_s)) for whose, start in windows(begin_s, arms) if whose == place
    ]
    for start, count in turns:
        found.append(Mark(_at(start), "turn_start"))
        t = start
        for number in range(count):
            took = step_s * (arm.slow if number < 2 else 1)
            waited = arm.wait * took if number >= 2 + arm.ahead else 0.0
            took = took if number >= 2 + arm.ahead or number < 2 else took * (1 - arm.wait)
            t += took
            found.append(
                Step(_at(t), n, STEP_SAMPLES, round(waited, 9), round((took - waited) * (0.9 if gpu else 1), 9))
            )
            loss = round(0.5 + 2.0 * 0.98**n + 0.01 * (pair % 3), 5)
            found.append(
                Late(n, round(took, 9) if gpu else None, loss, memory_allocated_bytes=arm.memory if gpu else None)
            )
            n += 1
        found.append(Mark(_at(t + 0.005), "turn_wait"))
    return found


def _readings(arm: Arm, begin_s: float, placed: Sequence[Arm], *, gpu: bool, ranks: int) -> list[Record]:
    """The GPU does what the arm does whose turn it is; between turns nothing."""
    found: list[Record] = [Clock(_at(begin_s), 1_795_511_524 * SECOND + round(begin_s * SECOND), HOST, BOOT)]
    found.append(HostInfo(HOST, 16, 64 << 30))
    if gpu:
        found += [GpuInfo(rank, UUID.format(rank), "NVIDIA H100", 80 << 30, 700.0, 1980) for rank in range(ranks)]
    swapped = 7 << 30
    for tick in range(round(FIRST_S + 2 * len(placed) * WINDOW_S) * 2):
        at_s = begin_s + tick / 2
        running = next(
            (
                placed[place]
                for place, start in windows(begin_s, len(placed))
                if start <= at_s - 1 and at_s < start + WINDOW_S
            ),
            None,
        )
        if gpu:
            found += [_gpu(_at(at_s), running, ranks), LinkReading(_at(at_s), (1e9,) * ranks, (1e9,) * ranks)]
        own = 1.5 if running is arm else 0.1
        swapped += _swaps(at_s, begin_s, placed) // 2
        found.append(HostReading(_at(at_s), cpu_cores=2.0, run_cpu_cores=own, swapped_bytes=swapped))
    found.append(End(_at(begin_s + 30), arm.status, "stopped by the runner", 0))
    return found


def _swaps(at_s: float, begin_s: float, placed: Sequence[Arm]) -> int:
    """Bytes a second: of the arm whose turn it is; before the first turn many."""
    turns = [place for place, start in windows(begin_s, len(placed)) if start <= at_s]
    return placed[turns[-1]].swaps if turns else 100 << 20


def _gpu(t: int, running: Arm | None, ranks: int) -> GpuReading:
    busy = running is not None
    assert running is None or busy
    return GpuReading(
        t=t,
        busy_pct=(99.0 if busy else 0.0,) * ranks,
        tensor_pct=(running.tensor if running else 0.0,) * ranks,
        memory_used_bytes=(float(20 << 30) if busy else float(1 << 20),) * ranks,
        power_w=(running.power if running else 100.0,) * ranks,
        temperature_c=(60.0,) * ranks,
        clock_mhz=(running.clock_mhz if running else 345.0,) * ranks,
        limits=(running.limits if running else "",) * ranks,
    )
