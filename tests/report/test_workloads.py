"""The table of workloads: one line each, all there, columns below each other, narrow enough for a terminal."""

from __future__ import annotations

import importlib.util

from mlperf_tui.catalog import WORKLOADS
from mlperf_tui.report.workloads import workloads


def test_each_has_a_line() -> None:
    """By its name, under a heading; every column begins at the same place in each line."""
    heading, *lines = workloads()
    assert [line.split()[0] for line in lines] == list(WORKLOADS)
    for column in ("in the paper", "model", "metric, target", "unit", "data"):
        at = heading.index(column)
        assert all(line[at - 1] == " " and line[at] != " " for line in lines)
    assert max(map(len, (heading, *lines))) <= 120


def test_each_has_a_room() -> None:
    """What is promised can be started."""
    for workload in WORKLOADS.values():
        assert importlib.util.find_spec(f"{workload.module}.__main__") is not None
