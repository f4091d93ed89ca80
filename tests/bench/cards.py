"""Each workload on a GPU in each precision, beside the plain loop: python -m tests.bench.cards OUT.jsonl [WORKLOAD…].

A workload may be followed by what is wanted of it alone, without the plain loop: "ssd=amp-bf16,amp-bf16 graphs".

Reference scale, synthetic data, one session after the other through the product's own command. Tensor activity and
power are means of those readings that fall into the steps counted.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mlperf_tui.records import GpuReading, Record, Step
from mlperf_tui.session.log import Tail

MINUTES = 0.08
SECONDS = 4.5
BATCHES = {
    "resnet50": 256,
    "transformer": 5120,
    "gnmt": 6400,
    "ncf": 1_048_576,
    "maskrcnn": 4,
    "ssd": 32,
    "dawn-resnet18": 128,
    "dawn-drqa": 128,
}
PLAIN = {"resnet50", "transformer", "gnmt", "ncf", "maskrcnn"}
COMPILED = "amp-bf16 compiled"
GRAPHS = "amp-bf16 graphs"
"""Compiled in the mode whose kernels are launched as CUDA graphs; not in the table unless it is asked for."""

MODES = {COMPILED: ("--compile",), GRAPHS: ("--compile", "--compile-mode=reduce-overhead")}
PRECISIONS = ("fp32", "tf32", "amp-bf16", COMPILED)
TOOL = (sys.executable, "-P", "-m", "mlperf_tui")
HEADS = (
    "workload",
    "precision",
    "throughput",
    "over fp32",
    "MFU",
    "tensor",
    "J/sample",
    "data wait",
    "plain",
    "over it",
)


def main(out: Path, names: list[str]) -> None:
    """Measure, and print a Markdown table; each row is kept in `out` as soon as it is known."""
    print(f"| {' | '.join(HEADS)} |\n|{'---|' * len(HEADS)}", flush=True)
    for asked in names or BATCHES:
        name, _, wanted = asked.partition("=")
        plain = dict(_plain(name)) if name in PLAIN and not wanted else {}
        fp32 = None
        for row in _ours(name, wanted.split(",") if wanted else list(PRECISIONS)):
            row["plain"] = plain.get(row["precision"])
            fp32 = row["throughput"] if row["precision"] == "fp32" else fp32
            with out.open("a") as file:
                file.write(json.dumps(row) + "\n")
            print(_line(row, fp32), flush=True)


def _plain(name: str) -> Iterator[tuple[str, float]]:
    words = [sys.executable, "-m", "tests.bench.plain", name, str(BATCHES[name]), *PRECISIONS[:-1]]
    for line in subprocess.run(words, stdout=subprocess.PIPE, text=True, check=False).stdout.splitlines():
        told = json.loads(line)
        yield told["precision"], told["plain"]


def _ours(name: str, wanted: list[str]) -> Iterator[dict[str, Any]]:
    rate = 0.0
    for precision in wanted:
        if precision in MODES:
            steps = max(30, round(1.5 * SECONDS * rate / BATCHES[name]))
            row = measured(name, precision, f"--steps={steps}", *MODES[precision])
        else:
            row = measured(name, precision, f"--minutes={MINUTES}")
        rate = row["throughput"] or 0.0
        yield row


def measured(name: str, called: str, *options: str) -> dict[str, Any]:
    """What one session comes to; None where it failed. `called` is a precision, and how it is compiled."""
    with tempfile.TemporaryDirectory() as root:
        asked = [f"--precision={called.partition(' ')[0]}", f"--batch={BATCHES[name]}", *options]
        words = ["run", name, "--scale=reference", "--data=synthetic", "--headless", *asked]
        done = subprocess.run([*TOOL, "--sessions", root, *words], capture_output=True, text=True, check=False)
        [session] = Path(root).glob("s-*")
        summary = json.loads((session / "summary.json").read_text())
        if done.returncode:
            print(done.stdout[-2000:], done.stderr[-2000:], file=sys.stderr)
        return {**_told(name, called, summary), **_of_the_gpu(session, summary)}


def _told(name: str, called: str, summary: dict[str, Any]) -> dict[str, Any]:
    speed = summary["throughput"]
    return {
        "workload": name,
        "precision": called,
        "throughput": speed["mean"],
        "unit": speed["unit"],
        "steps": speed["steps"],
        "mfu": speed["mfu"],
        "data_wait": speed["data_wait_share"],
        "limited_by": summary["limited_by"],
        "step_ms": speed["step_time_ms"],
        "device": (summary["about"] or {}).get("device"),
        "memory_gib": max((gpu["memory_allocated_peak_bytes"] or 0) / 2**30 for gpu in summary["gpus"]),
    }


def _of_the_gpu(session: Path, summary: dict[str, Any]) -> dict[str, Any]:
    steps = [one.t for one in _records(session, "steps-0-*.jsonl") if isinstance(one, Step)]
    first = steps[min(len(steps) - 1, summary["throughput"]["warmup_steps"] + 1)] if steps else 0
    readings = [one for one in _records(session, "readings-*.jsonl") if isinstance(one, GpuReading)]
    within = [one for one in readings if first + 1e9 < one.t <= steps[-1]] if steps else []
    at = next((gpu["index"] for gpu in summary["gpus"] if gpu["in_use"]), 0)
    power = _mean([one.power_w[at] for one in within if one.power_w])
    rate = summary["throughput"]["mean"]
    return {
        "tensor": _mean([one.tensor_pct[at] for one in within if one.tensor_pct]),
        "sm": _mean([one.sm_pct[at] for one in within if one.sm_pct]),
        "dram": _mean([one.dram_pct[at] for one in within if one.dram_pct]),
        "joules": power / rate if power and rate else None,
        "readings": len(within),
    }


def _records(session: Path, pattern: str) -> Iterator[Record]:
    for path in session.glob(pattern):
        yield from Tail(path).read()


def _mean(values: list[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return statistics.fmean(known) if known else None


def _line(row: dict[str, Any], fp32: float | None) -> str:
    rate, plain = row["throughput"], row["plain"]
    cells = (
        row["workload"],
        row["precision"],
        "–" if rate is None else f"{rate:,.0f} {row['unit']}",
        _ratio(rate, fp32),
        _share(row["mfu"]),
        "–" if row["tensor"] is None else f"{row['tensor']:.0f} %",
        "–" if row["joules"] is None else f"{row['joules']:.3g}",
        _share(row["data_wait"]),
        "–" if plain is None else f"{plain:,.0f}",
        _ratio(rate, plain),
    )
    return f"| {' | '.join(cells)} |"


def _share(value: float | None) -> str:
    return "–" if value is None else f"{100 * value:.1f} %"


def _ratio(value: float | None, over: float | None) -> str:
    return f"{value / over:.2f}" if value and over else "–"


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
