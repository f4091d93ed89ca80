"""A rank's totals: percentiles that are nearly exact, and what is stored is what it was."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlperf_tui.records import Late, Step
from mlperf_tui.session.fold import Fold
from mlperf_tui.session.follow import Origin
from mlperf_tui.session.totals import Base, RankTotals

RANK_0 = Origin("steps-0-0.jsonl", 0)


def test_an_older_histogram_is_read() -> None:
    """Before, it was a mapping by bucket."""
    fold = Fold()
    fold.add(RANK_0, Step(1, 0, 8, 0.1, 0.2))
    body = fold.ranks[0].to_json()
    for clock in ("host", "gpu"):
        buckets, counts = body[clock]["histogram"]
        body[clock]["histogram"] = {str(bucket): count for bucket, count in zip(buckets, counts, strict=True)}
    del body["last_samples"]
    assert RankTotals.from_json(body).host == fold.ranks[0].host


@given(st.lists(st.floats(1e-6, 1e4), min_size=1, max_size=300), st.floats(0, 1))
def test_percentiles_are_right_to_one_percent(times: list[float], share: float) -> None:
    """Against the sorted times themselves."""
    base = Base()
    for time in times:
        base.add(1, time)
    exact = sorted(times)[max(0, math.ceil(share * len(times)) - 1)]
    assert base.percentile(share) == pytest.approx(exact, rel=0.0051)


def test_missing_steps_are_counted() -> None:
    """A gap in the numbers says that lines were lost; a restart is no gap."""
    fold = Fold()
    for n in (0, 1, 4, 0, 1):
        fold.add(RANK_0, Step(n, n))
    assert fold.ranks[0].gaps == 2


def test_totals_survive_json() -> None:
    """What a minute stores is what it was."""
    fold = Fold()
    fold.add(RANK_0, Step(1, 0, 8, 0.1, 0.2))
    fold.add(RANK_0, Late(0, 0.3, loss=math.nan, skipped=True, memory_allocated_bytes=5))
    totals = fold.ranks[0]
    again = RankTotals.from_json(totals.to_json())
    assert again.to_json()["head"] == totals.to_json()["head"]
    assert (again.nan_steps, again.skipped_steps, again.memory_peak_bytes) == (1, 1, 5)
