"""The table of workloads: one line each, all there, columns below each other, narrow enough for a terminal."""

from __future__ import annotations

import importlib.util

from mlperf_tui.analysis.fits import Machine, fits
from mlperf_tui.catalog import PEAKS, WORKLOADS
from mlperf_tui.records import GpuInfo
from mlperf_tui.report.workloads import HEADINGS, workloads

GIB = 1 << 30


def having(*gib: float | None) -> Machine:
    """A machine with GPUs of so much memory."""
    sizes = [None if size is None else int(size * GIB) for size in gib]
    return Machine(tuple(GpuInfo(n, f"GPU-{n}", f"card {n}", size) for n, size in enumerate(sizes)))


def test_each_has_a_line() -> None:
    """By its name, under a heading; every column begins at the same place in each line."""
    table = list(workloads(having(24), 160))
    heading, *lines = table[: table.index("")]
    assert [line.split()[0] for line in lines] == list(WORKLOADS)
    for column in HEADINGS[1:]:
        at = heading.index(column)
        assert all(line[at - 1] == " " and line[at] != " " for line in lines)
    assert max(map(len, table)) <= 160


def test_each_has_two_lines_in_80_columns() -> None:
    """The second one is indented, and its columns are below each other, too."""
    table = list(workloads(having(24), 80))
    lines = table[: table.index("")]
    assert [line.split()[0] for line in lines[2::2]] == list(WORKLOADS)
    for first, headings in ((0, HEADINGS[1:4]), (1, HEADINGS[4:])):
        for column in headings:
            at = lines[first].index(column)
            assert all(line[at - 1] == " " and line[at] != " " for line in lines[first::2])
    assert max(map(len, table)) <= 80


def test_each_has_a_room() -> None:
    """What is promised can be started."""
    for workload in WORKLOADS.values():
        assert importlib.util.find_spec(f"{workload.module}.__main__") is not None


def test_each_training_has_a_peak() -> None:
    """And no kernel, whose metric has no target."""
    assert set(PEAKS) == {name for name, workload in WORKLOADS.items() if workload.target is not None}


def test_the_largest_card_decides() -> None:
    """A GiB is left beside the peak; a card that doesn't tell counts only where none does."""
    for machine, expected in (
        (Machine(), ("tiny",)),
        (having(22.3), ("tiny", "small")),
        (having(22.5), ("tiny", "small", "reference")),
        (having(8, 40, None), ("tiny", "small", "reference")),
        (having(None, 8), ("tiny", "small")),
    ):
        fit = fits("resnet50", machine)
        assert fit is not None
        assert (fit.scales, fit.only_amp, fit.unknown) == (expected, None, None)
    fit = fits("ncf", having(None, None))
    assert fit is not None
    assert (fit.scales, fit.unknown) == (("tiny", "small"), "reference")
    assert fits("deepbench-gemm", having(80)) is None
