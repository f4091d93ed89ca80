"""Bytes and CPU of the screen beside nvitop's, on a pretended machine: python -m tests.bench.screen_bytes [SECONDS].

Both run in terminals of 160 × 60, one after the other, beside the same run on eight pretended H100; with LOADERS=8
THREADS=2000 in the environment that has so many loaders a rank, and threads in all. nvitop is put into a directory
that is thrown away; it is no dependency of ours.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from tests.bench.link import Link
from tests.bench.pretended import TOOL, Pretended, cpu_s, memory_mib, pretended

SIZE = (160, 60)
SETTLE_S = 5.0
NVITOP = "from nvitop.cli import main; import sys; sys.argv = ['nvitop', *sys.argv[1:]]; main()"
NVITOP_MODE = ("--monitor", "full", "--interval", "1")


@dataclass(frozen=True)
class Measured:
    """What a program in a terminal took."""

    bytes_per_s: float
    cpu_pct: float
    memory_mib: float
    first_frame_bytes: int
    first_frame_s: float
    screen: str

    def __str__(self) -> str:
        return (
            f"{self.bytes_per_s:7,.0f} bytes/s   {self.cpu_pct:5.2f} % of a core   {self.memory_mib:6.1f} MiB   "
            f"first frames {self.first_frame_bytes:,} bytes in {self.first_frame_s:.2f} s"
        )


def measure(words: list[str], environment: dict[str, str], seconds: float) -> Measured:
    """Start it in a terminal, let it settle, and count."""
    began = time.monotonic()
    link = Link(words, environment, size=SIZE, draws=True)
    try:
        time.sleep(SETTLE_S)
        first = link.until_pause()
        before, used, start = link.drained[-1][1], cpu_s(link.process.pid), time.monotonic()
        time.sleep(seconds)
        passed = time.monotonic() - start
        return Measured(
            (link.drained[-1][1] - before) / passed,
            100 * (cpu_s(link.process.pid) - used) / passed,
            memory_mib(link.process.pid),
            first[1],
            first[0] - began,
            "\n".join(link.screen.display),
        )
    finally:
        link.close()


def ours(running: Pretended, seconds: float) -> None:
    """The viewer, and the recorder over the same time."""
    used, start = cpu_s(running.recorder), time.monotonic()
    viewer = measure([*TOOL, "watch", running.folder.id], running.environment, seconds)
    recorder = 100 * (cpu_s(running.recorder) - used) / (time.monotonic() - start)
    print(f"mlperf-tui  {viewer}")
    print(f"  recorder  {recorder:5.2f} % of a core   {memory_mib(running.recorder):6.1f} MiB")
    print(f"  together  {viewer.cpu_pct + recorder:5.2f} % of a core")
    _keep(viewer, "mlperf-tui")


def theirs(running: Pretended, seconds: float) -> None:
    """nvitop, where pip can get it."""
    with tempfile.TemporaryDirectory() as directory:
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--target", directory, "nvitop"]
        got = subprocess.run(pip, capture_output=True, text=True, check=False)
        if got.returncode:
            print("nvitop      can't be installed here:", got.stderr.strip().splitlines()[-1])
            return
        setting = {**running.environment, "PYTHONPATH": directory}
        found = measure([sys.executable, "-c", NVITOP, *NVITOP_MODE], setting, seconds)
        print(f"nvitop      {found}   ({' '.join(NVITOP_MODE)})")
        _keep(found, "nvitop")


def _keep(found: Measured, name: str) -> None:
    """What the screen showed, where MLPERF_TUI_BENCH_SCREENS says so: to see that both did their work."""
    if directory := os.environ.get("MLPERF_TUI_BENCH_SCREENS"):
        Path(directory, f"{name}.txt").write_text(found.screen)


def main() -> None:
    """Both on the same session."""
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 60.0
    with pretended() as running:
        print(f"{SIZE[0]} × {SIZE[1]}, eight pretended H100, {seconds:.0f} s each")
        ours(running, seconds)
        theirs(running, seconds)


if __name__ == "__main__":
    main()
