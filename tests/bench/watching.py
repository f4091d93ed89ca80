"""What being watched costs training: the same CPU loop alone and recorded, in turn: python -m tests.bench.watching."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

LOOP = """
import sys, time
import torch
from mlperf_tui.steps import Steps
torch.set_num_threads(1)
size, seconds = int(sys.argv[1]), float(sys.argv[2])
left, right = torch.randn(size, size), torch.randn(size, size)
def forever():
    while True:
        yield None
steps = Steps(samples_per_step=1)
for _ in range(50):
    left @ right
taken, began = 0, time.perf_counter()
for _ in steps.over(forever()):
    loss = (left @ right).sum()
    steps.end(loss=loss)
    taken += 1
    if time.perf_counter() - began >= seconds:
        break
print("RATE", taken / (time.perf_counter() - began))
"""
ROUNDS = 5
SECONDS = 6


def rate(size: int, root: Path, *, watched: bool) -> float:
    """Steps a second of one process."""
    words = [sys.executable, "-c", LOOP, str(size), str(SECONDS)]
    tool = [sys.executable, "-P", "-m", "mlperf_tui", "--sessions", str(root), "run", "--detach", "--"]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    if not watched:
        said = subprocess.run(words, capture_output=True, text=True, check=True, env=environment).stdout
        return float(said.split()[1])
    session = subprocess.run(
        [*tool, *words], capture_output=True, text=True, check=True, env=environment
    ).stdout.strip()
    watch = [sys.executable, "-P", "-m", "mlperf_tui", "--sessions", str(root), "watch", session]
    subprocess.run(watch, stdin=subprocess.DEVNULL, capture_output=True, check=True, env=environment)
    return float((root / session / "output.log").read_text().split("RATE")[1])


def main() -> None:
    """Alone and watched in turn, so that a drift of the machine hits both."""
    for size in (240, 400):
        with tempfile.TemporaryDirectory() as directory:
            pairs = [
                (rate(size, Path(directory), watched=False), rate(size, Path(directory), watched=True))
                for _ in range(ROUNDS)
            ]
        alone, watched = (statistics.median(column) for column in zip(*pairs, strict=True))
        shares = sorted(100 * (1 - pair[1] / pair[0]) for pair in pairs)
        spread = ", ".join(f"{share:.1f}" for share in shares)
        print(f"{1e3 / alone:.2f} ms steps: {alone:.0f} alone, {watched:.0f} watched; slower by {spread} %")


if __name__ == "__main__":
    main()
