"""What is recorded of a GPU beside what nvidia-smi says at the same moment: python -m tests.bench.nvidia_smi [SECONDS].

ResNet-50 at reference scale on synthetic data, once in each precision; the first GPU. nvidia-smi's own GPM columns come
from `dmon`. A row a number: the means over the same seconds, and the mean distance of readings at most half a second
apart. What is a mean over time in either tool (power, busy) was not taken over the same stretch.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

from mlperf_tui.records import Clock, GpuReading
from mlperf_tui.session.log import Tail

TOOL = (sys.executable, "-P", "-m", "mlperf_tui")
PRECISIONS = ("fp32", "tf32", "amp-fp16", "amp-bf16")
SECONDS = 15.0
START_S = 12.0
MIB = 1 << 20
NEAR_S = 0.5
QUERY = ("utilization.gpu", "memory.used", "power.draw", "temperature.gpu", "clocks.sm")
GPM = ("2", "5", "10")
NAMES = ("busy %", "memory MiB", "power W", "°C", "MHz", "SM %", "tensor %", "DRAM %")
Timed = tuple[float, tuple[float | None, ...]]
"""When (seconds since the epoch), and the numbers by NAMES."""


def main(seconds: float) -> None:
    """Print a Markdown table a precision."""
    for precision in PRECISIONS:
        ours, theirs, images = beside(precision, seconds)
        print(f"\n{precision}: {images} images/s\n| | recorded | nvidia-smi | apart |\n|---|---|---|---|")
        for at, name in enumerate(NAMES):
            print(f"| {name} | {_mean(ours, at)} | {_mean(theirs, at)} | {_apart(ours, theirs, at)} |", flush=True)


def beside(precision: str, seconds: float) -> tuple[list[Timed], list[Timed], str]:
    """Both sides while it trains, and its throughput."""
    with tempfile.TemporaryDirectory() as root:
        tool = [*TOOL, "--sessions", root]
        how = ["--data=synthetic", "--scale=reference", "--batch=256", f"--precision={precision}", "--minutes=5"]
        session = subprocess.run(
            [*tool, "run", "resnet50", *how, "--detach"], capture_output=True, text=True, check=True
        ).stdout.split()[-1]
        time.sleep(START_S)
        theirs = [*_queried(seconds / 2), *_gpm(seconds / 2)]
        subprocess.run([*tool, "stop", session], check=False, capture_output=True)
        told = json.loads((Path(root) / session / "summary.json").read_text())
        first, last = theirs[0][0] if theirs else 0.0, theirs[-1][0] if theirs else 0.0
        ours = [one for one in recorded(Path(root) / session) if first <= one[0] <= last]
        return ours, theirs, f"{told['throughput']['mean'] or 0:,.0f}"


def recorded(session: Path) -> Iterator[Timed]:
    """The recorder's readings of the first GPU."""
    apart_ns = 0
    for path in sorted(session.glob("readings-*.jsonl")):
        for record in Tail(path).read():
            if isinstance(record, Clock):
                apart_ns = record.wall_ns - record.t
            elif isinstance(record, GpuReading):
                yield (record.t + apart_ns) / 1e9, _numbers(record)


def _numbers(reading: GpuReading) -> tuple[float | None, ...]:
    used = _first(reading.memory_used_bytes)
    return (
        _first(reading.busy_pct),
        None if used is None else used / MIB,
        _first(reading.power_w),
        _first(reading.temperature_c),
        _first(reading.clock_mhz),
        _first(reading.sm_pct),
        _first(reading.tensor_pct),
        _first(reading.dram_pct),
    )


def _first(values: tuple[float | None, ...]) -> float | None:
    return values[0] if values else None


def _queried(seconds: float) -> Iterator[Timed]:
    """`--query-gpu`, each half second: the first five numbers."""
    words = ["nvidia-smi", "-i", "0", f"--query-gpu={','.join(QUERY)}", "--format=csv,noheader,nounits", "-lms", "500"]
    for when, line in _lines(words, seconds):
        yield when, (*(float(cell) for cell in line.split(",")), None, None, None)


def _gpm(seconds: float) -> Iterator[Timed]:
    """`dmon`, each second: GPM's three, as the last columns."""
    for when, line in _lines(["nvidia-smi", "dmon", "-i", "0", "-s", "u", "--gpm-metrics", ",".join(GPM)], seconds):
        cells = line.split()
        if cells and cells[0] == "0":
            yield when, (*[None] * 5, *(_number(cell) for cell in cells[-len(GPM) :]))


def _lines(words: list[str], seconds: float) -> Iterator[tuple[float, str]]:
    """What it prints within so many seconds, each line with the moment at which it came."""
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as program:
        until = time.time() + seconds
        assert program.stdout is not None
        for line in program.stdout:
            yield time.time(), line
            if time.time() > until:
                break
        program.kill()


def _number(text: str) -> float | None:
    return float(text) if text.replace(".", "", 1).isdecimal() else None


def _mean(side: list[Timed], at: int) -> str:
    return _of(lambda: statistics.fmean(value for _, numbers in side if (value := numbers[at]) is not None))


def _apart(ours: list[Timed], theirs: list[Timed], at: int) -> str:
    pairs = [
        (mine, value)
        for when, numbers in theirs
        if (value := numbers[at]) is not None and (mine := _nearest(ours, when, at)) is not None
    ]
    return _of(lambda: statistics.fmean(abs(mine - value) for mine, value in pairs))


def _nearest(side: list[Timed], when: float, at: int) -> float | None:
    near = min(side, key=lambda one: abs(one[0] - when), default=None)
    return near[1][at] if near is not None and abs(near[0] - when) <= NEAR_S else None


def _of(mean: Callable[[], float]) -> str:
    try:
        return f"{mean():,.1f}"
    except statistics.StatisticsError:
        return "–"


if __name__ == "__main__":
    print(f"began {datetime.now().astimezone():%H:%M:%S}")
    main(float(sys.argv[1]) if len(sys.argv) > 1 else SECONDS)
