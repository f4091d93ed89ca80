"""The ways between the GPUs as `nvidia-smi topo -m` draws them, in as many blocks as the width asks for."""

from __future__ import annotations

from collections.abc import Iterator

from mlperf_tui.report.doctor.finding import Diagnosis
from mlperf_tui.report.table import table

LEGEND = {
    "NV": "NV# that many NVLinks",
    "PIX": "PIX one PCIe bridge",
    "PXB": "PXB several bridges",
    "PHB": "PHB the processor's host bridge",
    "NODE": "NODE within a NUMA node",
    "SYS": "SYS across processors",
    "INT": "INT one board",
    "?": "? NVML doesn't tell",
}


def matrix(found: Diagnosis, width: int) -> Iterator[str]:
    """A row and a column a GPU."""
    names = [f"GPU{spot.index}" for spot in found.spots]
    cell = max(len(text) for row in (names, *found.ways) for text in row)
    at_once = max(1, (width - cell) // (cell + 2))
    for first in range(0, len(names), at_once):
        block = slice(first, first + at_once)
        rows = [("", *names[block]), *((name, *way[block]) for name, way in zip(names, found.ways, strict=True))]
        yield from table(rows)


def legend(found: Diagnosis) -> str:
    """What the words stand for that are in it."""
    used = {"NV" if way.startswith("NV") else way for row in found.ways for way in row}
    return ", ".join(text for word, text in LEGEND.items() if word in used)
