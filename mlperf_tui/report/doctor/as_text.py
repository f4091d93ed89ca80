"""The findings for a person: room after room, a line each, what helps below it."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from itertools import groupby

from mlperf_tui.report.doctor.finding import MISSING, PARTLY, SHOWN, Diagnosis, Finding, State
from mlperf_tui.report.doctor.matrix import legend, matrix
from mlperf_tui.report.doctor.ranges import gpus_in_words

MARKS: dict[State, str] = {SHOWN: "✓", PARTLY: "!", MISSING: "✗"}
HEADINGS = {
    "gpus": "GPUs",
    "links": "Links",
    "host": "Host",
    "torch": "torch",
    "sessions": "Sessions",
    "terminal": "Terminal",
}
SERIES = {
    "busy_pct": "busy",
    "sm_pct": "SM",
    "tensor_pct": "tensor",
    "dram_pct": "DRAM",
    "memory_used_bytes": "memory",
    "power_w": "power",
    "energy_j": "energy",
    "temperature_c": "temperature",
    "clock_mhz": "clock",
    "limits": "what holds the clock",
    "xid": "XIDs",
    "nvlink_tx_bytes_per_s": "NVLink sent",
    "nvlink_rx_bytes_per_s": "NVLink received",
    "pcie_tx_bytes_per_s": "PCIe sent",
    "pcie_rx_bytes_per_s": "PCIe received",
}
"""What the screen calls a series. Those of a room that fare alike share a line."""

LABELS = {
    "mig": "MIG",
    "nvlink": "NVLink",
    "pcie": "PCIe",
    "nearest_cpus": "nearest CPUs",
    "gpus": "GPUs",
    "ranks": "--gpus N",
}
READINGS = "readings"
LABEL_WIDTH = 13
INDENT = 4 + LABEL_WIDTH + 1
MATRIX_INDENT = "    "
LONGEST_LINE = 110
"""Of sentences: longer ones are hard to follow."""


def to_text(found: Diagnosis, columns: int) -> str:
    """All of it, no line longer than `columns`."""
    return "\n".join(_lines(found, min(columns, LONGEST_LINE)))


def _lines(found: Diagnosis, width: int) -> Iterator[str]:
    every_gpu = tuple(spot.index for spot in found.spots)
    for room, findings in groupby(found.findings, lambda finding: finding.room):
        yield HEADINGS.get(room, room)
        said: set[str] = set()
        for alike in _alike(list(findings)):
            yield from _row(alike, every_gpu, width, said)
        if room == "links" and len(found.ways) > 1:
            yield from _drawn(found, width)
        yield ""
    yield _verdict(found)


def _alike(findings: list[Finding]) -> list[list[Finding]]:
    """Series that fare alike together, anything else by itself, in the order of the first of each."""
    groups: dict[object, list[Finding]] = {}
    for place, finding in enumerate(findings):
        says = "" if finding.state == SHOWN else finding.says
        key = (finding.state, says, finding.remedy, finding.gpus) if finding.what in SERIES else place
        groups.setdefault(key, []).append(finding)
    return list(groups.values())


def _row(alike: list[Finding], every_gpu: tuple[int, ...], width: int, said: set[str]) -> Iterator[str]:
    """What was found, and what helps, where that has not been said in this room."""
    first = alike[0]
    label = READINGS if first.what in SERIES else LABELS.get(first.what, first.what.replace("_", " "))
    whom = f"{gpus_in_words(first.gpus)}: " if first.gpus and first.gpus != every_gpu else ""
    yield from _wrapped(f"  {MARKS[first.state]} {label:<{LABEL_WIDTH}} ", whom + _says(alike), width)
    if first.remedy and first.remedy not in said:
        said.add(first.remedy)
        yield from _wrapped(" " * INDENT + "→ ", first.remedy, width)


def _says(alike: list[Finding]) -> str:
    first = alike[0]
    if first.what not in SERIES:
        return first.says
    if first.state != SHOWN:
        return f"not shown: {', '.join(SERIES[one.what] for one in alike)} ({first.says})"
    return ", ".join(_by_source(alike))


def _by_source(alike: list[Finding]) -> Iterator[str]:
    """Names with their source behind them; it stands once behind several that share it."""
    for source, ones in groupby(alike, lambda one: one.source):
        names = " + ".join(SERIES[one.what] for one in ones)
        yield f"{names} ({source})" if source else names


def _wrapped(before: str, text: str, width: int) -> list[str]:
    indent = " " * len(before)
    return textwrap.wrap(
        text, width, initial_indent=before, subsequent_indent=indent, break_on_hyphens=False
    ) or [before.rstrip()]  # fmt: skip


def _drawn(found: Diagnosis, width: int) -> Iterator[str]:
    for line in matrix(found, width - len(MATRIX_INDENT)):
        yield MATRIX_INDENT + line
    yield from _wrapped(MATRIX_INDENT, legend(found), width)


def _verdict(found: Diagnosis) -> str:
    """How many of each, with their marks: it is the legend as well."""
    counts = {state: sum(one.state == state for one in found.findings) for state in MARKS}
    return f"✓ shown: {counts[SHOWN]}   ! partly: {counts[PARTLY]}   ✗ not shown: {counts[MISSING]}   → what helps"
