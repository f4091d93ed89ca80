"""Which columns a width has room for, and that no number is cut."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlperf_tui.viewer.panes.rows import Row, width
from mlperf_tui.viewer.sessions import columns
from tests.viewer.sessions.list_of import FEW, MIXED, NOW_S, SETTLED, UNSURE, session


def line(at: int, columns_wide: int) -> Row:
    return columns.table_row(
        FEW[at], columns.fitting(columns_wide), columns.gap(columns_wide), NOW_S, cursor=False, mark=0
    )


def text(row: Row) -> str:
    return "".join(piece for piece, _ in row).rstrip()


@settings(deadline=None)
@given(st.integers(40, 300), st.integers(0, len(MIXED) - 1), st.integers(0, 40))
def test_arms_make_no_row_wider_than_the_screen(columns_wide: int, at: int, arm: int) -> None:
    """However long they are; and no column goes for them."""
    texts = [f"fp32 | {'x' * arm}"]
    fitting = columns.fitting(columns_wide, texts)
    row = columns.table_row(
        MIXED[at], fitting, columns.gap(columns_wide), NOW_S, cursor=True, mark=1, under=MIXED[at].runs is None
    )
    assert len(text(row)) <= columns_wide
    assert [column for column, _ in fitting] == [column for column, _ in columns.fitting(columns_wide)]


@settings(deadline=None)
@given(st.integers(40, 300), st.integers(0, len(FEW) - 1))
def test_a_row_is_never_wider_than_the_screen(columns_wide: int, at: int) -> None:
    """And stands under its headings, which are as wide."""
    fitting = columns.fitting(columns_wide)
    assert len(text(line(at, columns_wide))) <= columns_wide
    assert width(columns.headings(fitting, columns.gap(columns_wide))) <= columns_wide
    assert fitting[0][0] is columns.STATE


@pytest.mark.parametrize(
    ("columns_wide", "headings"),
    [
        (40, "status workload throughput"),
        (80, "status name workload precision throughput over run age"),
        (120, "status name workload precision throughput over run size age lasted id"),
        (100, "status name workload precision throughput over run size age id"),
        (160, "status name workload precision throughput over run size age lasted session"),
    ],
)
def test_the_columns_of_usual_widths(columns_wide: int, headings: str) -> None:
    """The most important first, in the same order everywhere."""
    assert " ".join(column.heading for column, _ in columns.fitting(columns_wide)) == headings


def test_a_rate_that_does_not_fit_is_rounded_and_never_cut() -> None:
    """As the narrow screen has it: in thousands, and without the unit at last."""
    assert "41k images/s" in text(line(0, 40))
    assert "41,210 images/s" in text(line(0, 80))
    assert "1.2G /s" in text(line(6, 40))


def test_unnamed_sessions_are_told_apart() -> None:
    """By the end of the id where there is no room for all of it, and never by both."""
    row = text(line(0, 120))
    assert row.endswith(f"…{FEW[0].id[-5:]}")
    assert FEW[0].id in text(line(0, 160))
    assert "…" not in text(line(0, 160))


def test_a_stalled_run_has_no_rate() -> None:
    """But for how long it has made no step."""
    row = session(0, "running", rate=None, silent_s=166.0)
    assert columns.RATE.text(row, 19, NOW_S) == "no step 2 min"
    assert columns.RATE.text(row, 12, NOW_S) == "no step"


def test_unknown_is_a_dash() -> None:
    """No rate, no spark, no size, no duration: never 0."""
    row = text(line(5, 200))
    assert row.count("–") == 2
    assert "0 images" not in row


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(None, "–"), (-3, "0 s"), (119, "119 s"), (120, "2 min"), (7199, "119 min"), (7200, "2 h"), (1e7, "16 w")],
)
def test_ages(seconds: float | None, said: str) -> None:
    """In the largest unit of which there are two."""
    assert columns.short_age(seconds) == said
    assert len(said) <= columns.AGE.width


def test_the_spark_begins_at_zero() -> None:
    """A run that slowed to half shows half a block, not none; what is unknown shows none."""
    row = session(0, pace=(100.0,) * 12 + (None,) * 6 + (50.0,) * 6)
    assert columns.SPARK.text(row, 24, 0.0) == "▇" * 12 + " " * 6 + "▄" * 6
    assert columns.SPARK.text(row, 8, 0.0) == "▇▇▇▇  ▄▄"
    assert columns.SPARK.text(session(0, pace=()), 8, 0.0) == "–"


@pytest.mark.parametrize(
    ("columns_wide", "said"), [(160, "fp32 | amp-bf16"), (120, "fp32|amp-bf16"), (80, "fp32 | …"), (9, "fp32 | …")]
)
def test_arms_stand_close_together_before_one_is_left_out(columns_wide: int, said: str) -> None:
    """None of them is cut, and a session's precision stands as it always does."""
    width = dict(columns.fitting(columns_wide, [SETTLED.precision or ""])).get(columns.PRECISION, 9)
    assert columns.PRECISION.text(SETTLED, width, NOW_S) == said
    assert columns.PRECISION.text(session(0), width, NOW_S) == "amp-bf16"


def test_an_experiment_has_a_ratio_in_place_of_a_rate() -> None:
    """With a word, or at least a sign, where it proves nothing; a dash before there is one."""
    assert columns.RATE.text(SETTLED, 12, NOW_S) == "×4.12"
    assert columns.RATE.text(UNSURE, 19, NOW_S) == "×1.01 can't tell"
    assert columns.RATE.text(UNSURE, 12, NOW_S) == "×1.01 ?"
    assert columns.RATE.text(dataclasses.replace(UNSURE, ratio=None), 12, NOW_S) == "–"
