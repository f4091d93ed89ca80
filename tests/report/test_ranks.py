"""What a summary says of several ranks: which one the others wait for, by its own work."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from mlperf_tui.analysis.summarise import summarise
from mlperf_tui.analysis.summary import Summary
from mlperf_tui.records import About, Late, Step
from mlperf_tui.report.as_json import to_json
from mlperf_tui.report.rows import rows, unknowns
from mlperf_tui.session.follow import Origin
from mlperf_tui.session.rollup import Fold
from mlperf_tui.session.status import Status
from tests.session.test_folder import plan


def of(*waits: float | None, step_s: float = 0.4) -> Summary:
    """A run whose ranks take a step together and wait so much of it for the exchange; None doesn't tell."""
    fold = Fold()
    for rank, wait in enumerate(waits):
        origin = Origin(f"steps-{rank}-0.jsonl", rank)
        fold.add(origin, About(rank, len(waits), rank, 1 + rank))
        for n in range(20):
            fold.add(origin, Step(n * 400_000_000, n, 8, 0.0, step_s * (1.0 if wait is not None else 1.0 + rank)))
            fold.add(origin, Late(n, exposed_allreduce_s=wait))
    return summarise(replace(plan("s-1"), kind="workload"), Status("finished"), fold)


@pytest.mark.parametrize(
    ("waits", "said"),
    [
        ((0.2, 0.05), "2; slowest is rank 1: 350 ms of a step are its own work, 200 ms the others'"),
        ((0.1, 0.1, 0.11), "3; alike: 290 to 300 ms of a step are a rank's own work"),
        ((0.1, 0.1), "2; alike: 300 ms of a step are a rank's own work"),
        ((None, None), "2; slowest is rank 1 at 10.00 samples/s"),
    ],
)
def test_the_slowest_by_its_own_work(waits: tuple[float | None, ...], said: str) -> None:
    """Their rates are alike, since all wait for it; where none tells its wait the rates are all that there is."""
    assert dict(rows(of(*waits)))["ranks"] == said


def test_the_exchange_where_it_is_told() -> None:
    """Where it isn't, there is no row, and its reason is among what is unknown."""
    assert dict(rows(of(0.2, 0.05)))["all-reduce"].endswith(" of training time exposed")
    summary = of(None, None)
    assert "all-reduce" not in dict(rows(summary))
    assert "all-reduce" in dict(unknowns(summary))["throughput.exposed_allreduce_share"]


def test_own_work_in_json() -> None:
    """In milliseconds a step, or null with its reason."""
    told = json.loads(to_json(of(0.2, 0.05)))
    assert [rank["own_step_ms"] for rank in told["ranks"]] == [pytest.approx(200), pytest.approx(350)]
    unknown = json.loads(to_json(of(None, None)))
    assert unknown["ranks"][0]["own_step_ms"] is None
    assert "all-reduce" in unknown["unknown"]["ranks.own_step_ms"]


def test_what_the_monitor_missed_is_counted_whole() -> None:
    """Ticks and lines."""
    summary = of(0.2, 0.05)
    told = replace(summary, monitor=replace(summary.monitor, cpu_pct=0.4, late_ticks=2, lines_lost=1))
    assert dict(rows(told))["monitor"] == "0.4 % of a core, 2 late ticks, 1 line lost"
