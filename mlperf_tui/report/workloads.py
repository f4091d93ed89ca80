"""The workloads that there are, as lines of a table, and which of their scales fit this machine."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from mlperf_tui.analysis.fits import Machine, fits, too_large
from mlperf_tui.catalog import PEAKS, WORKLOADS, Workload
from mlperf_tui.report.numbers import DASH, gib
from mlperf_tui.report.table import table

HEADINGS = (
    "workload",
    "in the paper",
    "unit",
    "fits this machine",
    "model",
    "metric, target",
    "data, the embedded one first",
)
ABOVE = 4
"""So many cells of a row stand in its first line, where a second one is needed."""

LONGEST_LINE = 120
"""Of sentences."""


def workloads(machine: Machine, columns: int) -> Iterator[str]:
    """A heading and a line a workload, or two where the `columns` are too few, then what the scales fit by."""
    rows = [HEADINGS, *(_row(one, machine) for one in WORKLOADS.values())]
    lines = list(table(rows))
    yield from lines if max(map(len, lines)) <= columns else _folded(rows)
    yield ""
    for sentence in _sentences(machine):
        yield from textwrap.wrap(sentence, min(columns, LONGEST_LINE))


def _row(one: Workload, machine: Machine) -> tuple[str, ...]:
    target = one.metric if one.target is None else f"{one.metric} {one.target:g}"
    return one.name, one.label, one.unit, _fit(one.name, machine), one.model, target, one.data


def _fit(name: str, machine: Machine) -> str:
    fit = fits(name, machine)
    if fit is None:
        return DASH
    words = [f"{scale} in amp" if scale == fit.only_amp else scale for scale in fit.scales]
    return " ".join([*words, DASH] if fit.unknown else words)


def _folded(rows: list[tuple[str, ...]]) -> Iterator[str]:
    """Two lines a row, the second one indented; the columns of each stand below each other."""
    first, second = ([row[:ABOVE] for row in rows], [("", *row[ABOVE:]) for row in rows])
    for both in zip(table(first), table(second), strict=True):
        yield from both


def _sentences(machine: Machine) -> Iterator[str]:
    """What the scales fit by, why one doesn't, and what a dash stands for."""
    largest = machine.largest
    if largest is None:
        yield f"This machine has no GPU to train on ({machine.why_none}): small and reference are for one."
    elif machine.memory_bytes is None:
        yield (
            f"{DASH} for reference: how much memory {largest.name} has is unknown; its driver doesn't tell, or the GPU "
            "is lost."
        )
    else:
        yield f"By its largest GPU, {largest.name} with {gib(machine.memory_bytes)}: a process has one to itself."
        lacking = [f"{name} {PEAKS[name].gib:g} GiB ({PEAKS[name].batch} a batch)" for name in too_large(machine)]
        if lacking:
            yield f"Too large at reference in fp32, as measured: {', '.join(lacking)}. A smaller --batch needs less."
    yield "target: at the reference scale on the benchmark's data; a run on other data names its own."
    yield (
        f"{DASH} for a kernel, whose --scale says how many of DeepBench's problems are timed, and for a workload that "
        "nobody measured."
    )
