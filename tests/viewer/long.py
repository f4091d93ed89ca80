"""A session of twenty-five minutes, as text, with all that a look back has to bring back."""

from __future__ import annotations

import math
from pathlib import Path

from mlperf_tui.records import (
    About,
    Alarm,
    Clock,
    End,
    GpuInfo,
    GpuReading,
    HostInfo,
    HostReading,
    Late,
    LinkReading,
    Mark,
    Plan,
    Record,
    Source,
    Step,
    ThreadInfo,
    ThreadReading,
)
from mlperf_tui.session.folder import Folder, create
from mlperf_tui.session.log import Log
from mlperf_tui.session.rollup import Roller

S = 1_000_000_000
T0 = 500 * S
SECONDS = 1500
LINE = "line of second {:04}\n"


def at(second: float) -> int:
    return T0 + round(second * S)


def long_session(root: Path, *, ended: bool = True, rolled: bool = True, host: str = "elsewhere") -> Folder:
    """Two ranks of a step a second, a reading a second, an evaluation every five minutes, an alarm after 20 minutes."""
    folder = create(root, Plan("s-long", "workload", "resnet50", (), "/", host, "2026-11-24T09:12:04Z"))
    _write(folder.path / "readings-elsewhere-0.jsonl", _readings(host, ended=ended))
    for rank in (0, 1):
        _write(folder.path / f"steps-{rank}-0.jsonl", _steps(rank, host))
    folder.output.write_text("".join(LINE.format(second) for second in range(SECONDS)))
    if rolled:
        roll(folder)
    return folder


def roll(folder: Folder) -> None:
    """As its recorder does."""
    roller = Roller(folder, "elsewhere")
    roller.roll()
    roller.close()


def _write(path: Path, records: list[Record]) -> None:
    log = Log(path)
    log.write(*records)
    log.close()


def _readings(host: str, *, ended: bool) -> list[Record]:
    told: list[Record] = [
        Clock(T0, 1_764_000_000 * S, host, "boot"),
        HostInfo(host, 8, 64 << 30),
        GpuInfo(0, "GPU-0", "NVIDIA H100", 80 << 30),
        Source("link.tx_bytes_per_s", "GPM", "B/s"),
    ]
    for second in range(1, SECONDS):
        t = at(second)
        if second % 60 == 0:
            told += [Clock(t, 1_764_000_000 * S + t - T0, host, "boot"), ThreadInfo(t, 7, 70, "rank 0 main", 0)]
        busy = 50 + 40 * math.sin(second / 30)
        told.append(GpuReading(t, busy_pct=(busy,), power_w=(300 + busy,), limits=("power" if busy > 80 else "",)))
        told.append(LinkReading(t, (1e9 * busy,), (2e9 * busy,)))
        size = len(LINE.format(0)) * second
        told.append(HostReading(t, cpu_cores=busy / 10, output_bytes=size + 5, monitor_cpu_s=second / 50))
        told.append(ThreadReading(t, (70,), (0.5,), "R", 3, 0.1))
        if second == 1190:
            told.append(Alarm(t, "thermal", "GPU 0 is hot"))
    return [*told, End(at(SECONDS), "finished", "exit code 0", 0)] if ended else told


def _steps(rank: int, host: str) -> list[Record]:
    told: list[Record] = [Clock(at(0.1), 1_764_000_000 * S, host, "boot"), About(rank, 2, rank, 7 + rank, epochs=9)]
    told.append(Mark(at(0.2), "run_start"))
    for n in range(SECONDS - 1):
        told.append(Step(at(n + 1), n, 64, 0.1, 0.8 + 0.1 * math.sin(n / 50)))
        told.append(Late(n, 0.9 + 0.1 * math.sin(n / 50), loss=5 - n / 1000))
        if n % 300 == 299:
            told.append(Mark(at(n + 1.5), "eval_accuracy", n / 3000, {"epoch_num": n // 300}))
    return told
