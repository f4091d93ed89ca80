"""Workloads on 1, 2, 4, … GPUs: python -m tests.bench.several.scaling FOLDER GPUS [WORKLOAD…].

Reference scale, synthetic data, mixed precision, a batch a GPU; without a GPU tiny scale on the CPU, to see that it
runs. FOLDER keeps the sessions.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

TOOL = (sys.executable, "-P", "-m", "mlperf_tui")
BATCHES = {"resnet50": 256, "transformer": 5120}
MINUTES = 0.25
GRADIENT_BYTES = 4
"""Of a parameter: weights, and so their gradients, are fp32 in mixed precision."""

HEADS = (
    "workload",
    "GPUs",
    "throughput",
    "efficiency",
    "NVLink sent a step and GPU",
    "gradients",
    "exposed all-reduce",
    "CPU cores a GPU",
    "slowest rank's own work",
    "limited by",
)


def main(folder: Path, gpus: int, names: list[str]) -> None:
    """Measure, and print a Markdown table."""
    print(f"| {' | '.join(HEADS)} |\n|{'---|' * len(HEADS)}", flush=True)
    for name in names or BATCHES:
        alone = None
        for count in [number for number in (1, 2, 4, 8, 16) if number <= gpus]:
            told = measured(folder, name, count)
            alone = alone or told["throughput"]["mean"]
            print(f"| {' | '.join(row(name, count, told, alone))} |", flush=True)


def measured(folder: Path, name: str, gpus: int) -> dict[str, Any]:
    """One run's summary."""
    how = ["--scale=reference", "--precision=amp-bf16", f"--batch={BATCHES[name]}"] if _has_gpu() else ["--scale=tiny"]
    words = [*TOOL, "--sessions", str(folder), "run", name, *how, "--data=synthetic", f"--gpus={gpus}"]
    limits = [f"--minutes={MINUTES}", "--name", f"{name}-{gpus}", "--headless"]
    done = subprocess.run([*words, *limits], capture_output=True, text=True, check=False)
    if done.returncode:
        print(done.stdout[-3000:], done.stderr[-3000:], file=sys.stderr)
    told: dict[str, Any] = json.loads((max(folder.glob("s-*")) / "summary.json").read_text())
    return told


def row(name: str, gpus: int, told: dict[str, Any], alone: float | None) -> list[str]:
    """A run's cells; `alone` is the throughput of one GPU."""
    speed = told["throughput"]
    sent = [one["bytes_per_step"] for one in told["links"]["per_gpu"] if one["bytes_per_step"]]
    parameters = (told["about"] or {}).get("parameters")
    ranks = [(rank["own_step_ms"], rank["rank"]) for rank in told["ranks"] if rank["own_step_ms"]]
    cores = told["host"]["cpu_cores"]["mean"]
    return [
        name,
        str(gpus),
        f"{speed['mean']:,.0f} {speed['unit']}" if speed["mean"] else "–",
        f"{speed['mean'] / alone / gpus:.3f}" if speed["mean"] and alone else "–",
        f"{sum(sent) / len(sent) / 1e6:,.1f} MB" if sent else "–",
        f"{parameters * GRADIENT_BYTES / 1e6:,.1f} MB" if parameters else "–",
        "–" if speed.get("exposed_allreduce_share") is None else f"{100 * speed['exposed_allreduce_share']:.1f} %",
        f"{cores / gpus:.2f}" if cores is not None else "–",
        f"{max(ranks)[1]}: {max(ranks)[0]:.1f} ms, least {min(ranks)[0]:.1f}" if len(ranks) > 1 else "–",
        f"{told['limited_by']['value']} ({', '.join(told['limited_by']['evidence'])})",
    ]


def _has_gpu() -> bool:
    return shutil.which("nvidia-smi") is not None


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3:])
