"""Each training workload, tiny, on the CPU, three seeds to its target: python -m tests.bench.suite [WORKLOAD…].

A Markdown table: what was reached, in how many steps and seconds from run_start, and how fast. One after the other, so
that nothing shares the processors: about 35 minutes on two cores.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

SEEDS = (1, 2, 3)
MINUTES = {"ssd": 10, "maskrcnn": 10}
"""That a run may take; three where nothing else is said."""

WORKLOADS = ("resnet50", "ssd", "maskrcnn", "transformer", "gnmt", "ncf", "dawn-resnet18", "dawn-drqa")
HEADS = ("workload", "seed", "reached", "target", "steps", "seconds", "in all", "throughput")


def main(names: list[str]) -> int:
    """Print the table row by row; 1 when a run missed its target or its time."""
    print(f"| {' | '.join(HEADS)} |\n|{'---|' * len(HEADS)}", flush=True)
    missed = 0
    for name in names or WORKLOADS:
        for seed in SEEDS:
            began = time.monotonic()
            summary = trained(name, seed)
            seconds = time.monotonic() - began
            missed += not in_time(summary, 60 * MINUTES.get(name, 3))
            print(row(name, seed, summary, seconds), flush=True)
    return min(missed, 1)


def trained(name: str, seed: int) -> dict[str, Any]:
    """The summary of a run through the product's own command."""
    with tempfile.TemporaryDirectory() as root:
        tool = [sys.executable, "-P", "-m", "mlperf_tui", "--sessions", root]
        options = ["--scale=tiny", "--device=cpu", f"--seed={seed}", "--headless"]
        subprocess.run([*tool, "run", name, *options], stdout=subprocess.DEVNULL, check=False)
        [session] = Path(root).glob("s-*")
        found: dict[str, Any] = json.loads((session / "summary.json").read_text())
        return found


def in_time(summary: dict[str, Any], seconds: float) -> bool:
    """Whether every metric reached its target, soon enough after run_start."""
    took = to_target(summary)
    return took is not None and took <= seconds


def to_target(summary: dict[str, Any]) -> float | None:
    """Seconds from run_start to the last metric's target."""
    times = [one["time_to_target_s"] for one in summary["quality"]]
    return max(times) if times and None not in times else None


def row(name: str, seed: int, summary: dict[str, Any], seconds: float) -> str:
    """One line of the table."""
    quality, speed, took = summary["quality"], summary["throughput"], to_target(summary)
    cells = (
        name,
        str(seed),
        ", ".join(f"{one['value']:.3f}" if one["value"] is not None else "–" for one in quality),
        ", ".join(f"{one['target']:.3f}" if one["target"] is not None else "–" for one in quality),
        f"{speed['steps'] + speed['warmup_steps']:,}",
        "–" if took is None else f"{took:.0f}",
        f"{seconds:.0f}",
        "–" if speed["mean"] is None else f"{speed['mean']:,.0f} {speed['unit']}",
    )
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
