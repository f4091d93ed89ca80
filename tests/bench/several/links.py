"""What the product shows of NVLink beside what was sent: python -m tests.bench.several.links FOLDER [GPUS].

Records `transfers` through the product's own command and holds its readings against the bytes that were sent, and
against the driver's counters, read by another program. FOLDER keeps the session, what was sent and the counters.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from mlperf_tui.records import LinkReading, Record, Source
from mlperf_tui.session.log import Tail

TOOL = (sys.executable, "-P", "-m", "mlperf_tui")
GIGA = 1e9
KIB = 1024
EDGE_NS = 1_500_000_000
"""What is left out at a phase's ends: a reading is a mean over the second before it."""

HEADS = (
    "transfer",
    "sent GB/s",
    "shown tx",
    "shown rx",
    "counted tx",
    "counted rx",
    "all links over the sum",
    "links shown",
)


def main(folder: Path, gpus: int) -> None:
    """Record, then print a Markdown table."""
    folder.mkdir(parents=True, exist_ok=True)
    session = recorded(folder, gpus)
    readings = [one for one in records(session) if isinstance(one, LinkReading)]
    counts = [json.loads(line) for line in (folder / "counters.jsonl").read_text().splitlines()]
    print(f"{len(readings)} readings; sources: {', '.join(sources(session)) or 'none'}")
    print(f"| {' | '.join(HEADS)} |\n|{'---|' * len(HEADS)}")
    for line in (folder / "sent.jsonl").read_text().splitlines():
        for row in rows(json.loads(line), readings, counts):
            print(f"| {' | '.join(row)} |", flush=True)


def recorded(folder: Path, gpus: int) -> Path:
    """The session of the transfers, while the counters are read beside it."""
    torchrun = ["torchrun", "--standalone", f"--nproc-per-node={gpus}", "--no-python"]
    program = [sys.executable, "-m", "tests.bench.several.transfers", str(folder / "sent.jsonl")]
    watcher = subprocess.Popen([sys.executable, "-m", "tests.bench.several.counters", str(folder / "counters.jsonl")])
    try:
        words = [*TOOL, "--sessions", str(folder), "run", "--headless", "--", *torchrun, *program]
        subprocess.run(words, check=False)
    finally:
        watcher.terminate()
        watcher.wait()
    return max(folder.glob("s-*"))


def records(session: Path) -> Iterator[Record]:
    """All that the recorder has read."""
    for path in sorted(session.glob("readings-*.jsonl")):
        yield from Tail(path).read()


def sources(session: Path) -> list[str]:
    """Which rung of the ladder each series of links came from."""
    found = [one for one in records(session) if isinstance(one, Source)]
    return sorted({f"{one.series} {one.rung}" for one in found if one.series.startswith("link.")})


def rows(told: dict[str, Any], readings: Sequence[LinkReading], counts: list[dict[str, Any]]) -> Iterator[list[str]]:
    """A row a transfer; of an all-reduce one a GPU, with what a ring sends: 2(n - 1)/n of the block."""
    rate = told["bytes"] / (told["stop_ns"] - told["start_ns"]) * 1e9
    if told["kind"] == "copy":
        ends = (told["source"], told["target"])
        yield row(f"copy {ends[0]} → {ends[1]}", rate, ends, told, readings, counts)
        return
    for gpu in range(told["world"]):
        ring = rate * 2 * (told["world"] - 1) / told["world"]
        yield row(f"all-reduce, GPU {gpu}", ring, (gpu, gpu), told, readings, counts)


def row(
    called: str,
    rate: float,
    ends: tuple[int, int],
    told: dict[str, Any],
    readings: Sequence[LinkReading],
    counts: list[dict[str, Any]],
) -> list[str]:
    """`ends` are the GPU that sends and the one that receives."""
    within = [one for one in readings if told["start_ns"] + EDGE_NS < one.t <= told["stop_ns"]]
    shown = (
        _mean([one.tx_bytes_per_s[ends[0]] for one in within]),
        _mean([one.rx_bytes_per_s[ends[1]] for one in within]),
    )
    spans = [count for count in counts if told["start_ns"] <= count["t"] <= told["stop_ns"]]
    counted = [_counted(spans, gpu, way) for gpu, way in zip(ends, ("tx", "rx"), strict=True)]
    return [
        called,
        f"{rate / GIGA:.2f}",
        *(_beside(value, rate) for value in (*shown, *(one["all"] for one in counted))),
        ", ".join("–" if one["ratio"] is None else f"{one['ratio']:.4f}" for one in counted),
        each(within, ends[0], rate),
    ]


def each(readings: Sequence[LinkReading], gpu: int, rate: float) -> str:
    """What a GPU's links sent one by one, where they were read: least and most in GB/s, and their sum."""
    found = [one.link_tx_bytes_per_s[gpu] for one in readings if one.link_tx_bytes_per_s]
    known = [[value for value in links if value is not None] for links in found]
    if not known or not known[-1]:
        return "–"
    links = known[-1]
    return f"{len(links)}: {min(links) / GIGA:.2f} to {max(links) / GIGA:.2f}, in all {_beside(sum(links), rate)}"


def _counted(spans: list[dict[str, Any]], gpu: int, way: str) -> dict[str, float | None]:
    """Bytes a second by the scope of all links, taken for KiB, and that scope's count over the sum of the links'."""
    if len(spans) < 2:
        return {"all": None, "ratio": None}
    first, last = (one["gpus"][gpu][way] for one in (spans[0], spans[-1]))
    whole = _less(last["all"], first["all"])
    parts = [_less(later, before) for later, before in zip(last["each"], first["each"], strict=True)]
    known = sum(part for part in parts if part is not None)
    seconds = (spans[-1]["t"] - spans[0]["t"]) / 1e9
    return {
        "all": None if whole is None else whole * KIB / seconds,
        "ratio": whole / known if whole is not None and known else None,
    }


def _less(later: object, before: object) -> int | None:
    return later - before if isinstance(later, int) and isinstance(before, int) else None


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return statistics.fmean(known) if known else None


def _beside(value: float | None, rate: float) -> str:
    return "–" if value is None else f"{value / GIGA:.2f} ({value / rate:.3f})"


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 2)
