"""The findings as text: what shares a line, whom it is about, and that it fits."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlperf_tui.report.doctor import MISSING, PARTLY, SHOWN, Diagnosis, Finding, Spot, to_json, to_text
from mlperf_tui.report.doctor.as_text import HEADINGS, SERIES
from mlperf_tui.report.doctor.ranges import gpus_in_words, ranges

EIGHT = tuple(Spot(index) for index in range(8))


def shown(what: str, source: str, *gpus: int) -> Finding:
    return Finding("gpus", what, SHOWN, f"shown, by {source}", source, gpus=gpus or tuple(range(8)))


def body(*findings: Finding, columns: int = 100) -> list[str]:
    """All lines but the last two, each without what stands before its mark or text."""
    lines = to_text(Diagnosis(findings, EIGHT), columns).splitlines()
    assert lines[-2] == ""
    return [line.strip() for line in lines[:-2]]


def test_series_that_fare_alike_share_a_line() -> None:
    """Those shown with their sources, those that are not with their reason, once; the remedy below."""
    lines = body(
        shown("busy_pct", "UtilizationRates"),
        Finding("gpus", "sm_pct", MISSING, "too old", remedy="Upgrade.", gpus=tuple(range(8))),
        shown("power_w", "PowerUsage"),
        Finding("gpus", "dram_pct", MISSING, "too old", remedy="Upgrade.", gpus=tuple(range(8))),
    )
    assert lines == [
        "GPUs",
        "✓ readings      busy (UtilizationRates), power (PowerUsage)",
        "✗ readings      not shown: SM, DRAM (too old)",
        "→ Upgrade.",
    ]


def test_a_source_stands_once_behind_those_that_share_it() -> None:
    assert body(shown("busy_pct", "A"), shown("sm_pct", "GPM"), shown("dram_pct", "GPM"))[1].endswith(
        "busy (A), SM + DRAM (GPM)"
    )


def test_whom_it_is_about_is_said_where_it_is_not_all() -> None:
    one = Finding("gpus", "persistence", PARTLY, "off", gpus=(3,))
    some = Finding("gpus", "persistence", SHOWN, "on", gpus=(0, 1, 2, 4, 5, 6, 7))
    assert body(some, one)[1:] == ["✓ persistence   GPUs 0-2,4-7: on", "! persistence   GPU 3: off"]
    assert body(Finding("gpus", "persistence", SHOWN, "on", gpus=tuple(range(8))))[1].endswith("   on")


def test_a_remedy_is_said_once_in_a_room() -> None:
    twice = [Finding("gpus", what, PARTLY, "x", remedy="Do it.", gpus=(0,)) for what in ("mig", "persistence")]
    assert body(*twice).count("→ Do it.") == 1
    again = Finding("links", "nvlink", PARTLY, "x", remedy="Do it.", gpus=(0,))
    assert body(*twice, again).count("→ Do it.") == 2


def test_the_last_line_counts_and_explains_the_marks() -> None:
    findings = (shown("busy_pct", "A"), shown("sm_pct", "B"), Finding("host", "memory", PARTLY, "x"))
    last = to_text(Diagnosis(findings), 80).splitlines()[-1]
    assert last == "✓ shown: 2   ! partly: 1   ✗ not shown: 0   → what helps"


@pytest.mark.parametrize("columns", [60, 80, 100])
def test_sixteen_gpus_take_as_many_blocks_as_they_need(columns: int) -> None:
    """Each pair stands in the matrix once each way, and no line is cut."""
    ways = tuple(tuple("X" if one == other else "NV18" for other in range(16)) for one in range(16))
    spots = tuple(Spot(index) for index in range(16))
    text = to_text(Diagnosis((Finding("links", "nvlink", SHOWN, "18 links"),), spots, ways), columns)
    assert text.count("NV18") == 16 * 15
    assert max(map(len, text.splitlines())) <= columns


words = st.text(st.characters(codec="ascii", categories=["L", "N", "P"]), min_size=1, max_size=90)
sentences = st.lists(words, min_size=1, max_size=30).map(" ".join)
findings = st.builds(
    Finding,
    room=st.sampled_from(list(HEADINGS)),
    what=st.sampled_from([*SERIES, "driver", "nearest_cpus", "shared_memory"]),
    state=st.sampled_from([SHOWN, PARTLY, MISSING]),
    says=sentences,
    source=st.just("") | words,
    remedy=st.just("") | sentences,
    gpus=st.lists(st.integers(0, 7), unique=True).map(tuple),
)


@given(st.lists(findings, max_size=20).map(tuple), st.integers(60, 200))
def test_no_line_is_longer_than_the_terminal(found: tuple[Finding, ...], columns: int) -> None:
    """Whatever is said: a long path is broken."""
    text = to_text(Diagnosis(found, EIGHT), columns)
    assert max(map(len, text.splitlines())) <= columns
    for finding in found:
        if finding.what not in SERIES:
            assert "".join(finding.says.split()) in "".join(text.split())


@given(st.lists(findings, max_size=5).map(tuple))
def test_json_has_every_finding(found: tuple[Finding, ...]) -> None:
    told = json.loads(to_json(Diagnosis(found, EIGHT)))
    assert [Finding(**{**one, "gpus": tuple(one["gpus"])}) for one in told["findings"]] == list(found)


@given(st.sets(st.integers(0, 300)))
def test_ranges_name_each_number_once(numbers: set[int]) -> None:
    parts = [part.split("-") for part in ranges(numbers).split(",") if part]
    named = [number for part in parts for number in range(int(part[0]), int(part[-1]) + 1)]
    assert named == sorted(numbers)


def test_gpus_in_words() -> None:
    assert [gpus_in_words(some) for some in ((3,), (0, 1), (0, 2))] == ["GPU 3", "GPUs 0-1", "GPUs 0,2"]
