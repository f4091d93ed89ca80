"""The workloads that there are, as lines of a table."""

from __future__ import annotations

from collections.abc import Iterator

from mlperf_tui.catalog import WORKLOADS, Workload
from mlperf_tui.report.table import table

HEADINGS = ("workload", "in the paper", "model", "metric, target", "unit", "data, the embedded one first")


def workloads() -> Iterator[str]:
    """A heading and a line a workload; the target is that of the `reference` scale on its own data."""
    return table([HEADINGS, *map(_row, WORKLOADS.values())])


def _row(one: Workload) -> tuple[str, ...]:
    target = one.metric if one.target is None else f"{one.metric} {one.target:g}"
    return one.name, one.label, one.model, target, one.unit, one.data
