"""From evidence and records to a picture; curves, scales and layouts hold whatever comes."""

from __future__ import annotations

import dataclasses
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlperf_tui.analysis.ab.conclude import conclude
from mlperf_tui.analysis.ab.result import Look
from mlperf_tui.records import Alarm, Clock, End, Record, Stage
from mlperf_tui.session.status import Status
from mlperf_tui.viewer.ab import model
from mlperf_tui.viewer.ab.arms import grid, table
from mlperf_tui.viewer.ab.layout import arrange
from mlperf_tui.viewer.ab.losses import plot, spread
from mlperf_tui.viewer.ab.scale import axis, bar, scale_of
from tests.viewer.ab.made import (
    NOON_NS,
    T0,
    S,
    cannot_tell,
    faster,
    first_pair,
    logs,
    look,
    pairs_of,
    plan,
    refused,
    three_arms,
)

RUNNING = Status("running")


def test_the_real_statistics_fit_in() -> None:
    """What `conclude` says is what the columns show."""
    runs = pairs_of(4)
    ab = conclude("precision", ("fp32", "amp-bf16"), 0.02, 20, runs)
    held = model.held(plan(), ab)
    assert [arm.letter for arm in held.arms] == ["A", "B"]
    assert [arm.counted for arm in held.arms] == [4, 4]
    assert held.arms[0].per_s == pytest.approx(312.25)
    assert held.arms[1].last == runs[-1].windows[-1]
    assert not held.so_far
    tensor = next(one for one in held.changes[0] if one.name == "tensor_pct")
    assert (tensor.a, tensor.b) == (0.0, 61.0)
    assert held.until == 120 * 256


def test_before_a_pair_is_whole_the_processes_so_far_are_told() -> None:
    """A window of a process that runs is better than a dash; a throughput that counts is not known yet."""
    held = first_pair().held
    assert held is not None
    assert held.so_far
    assert [arm.per_s for arm in held.arms] == [None, None]
    assert held.arms[0].last is not None
    rows = {cells[0]: cells[1:] for cells in table(held)}
    assert rows["throughput"][:2] == ["–", "–"]
    assert rows["Tensor Cores"][:2] == ["0 %", "61 %"]


def test_what_is_refused_has_no_difference() -> None:
    """Neither ratio nor columns for it."""
    held = refused().held
    assert held is not None
    assert not grid(200, 2, compares=not held.ab.refused).apart
    assert next(table(held))[-2:] == ["", ""]


def test_three_arms_have_a_column_each() -> None:
    """And no difference beside them: there would be two."""
    held = three_arms().held
    assert held is not None
    assert [arm.letter for arm in held.arms] == ["A", "B", "C"]
    assert all(len(cells) == 6 for cells in table(held))
    assert not grid(200, 3, compares=True).apart


def test_running_time_is_that_of_all_runners() -> None:
    """Between two of them the machine may have been restarted: its clock began anew."""
    first: list[Record] = [Clock(T0, NOON_NS, "node7", "boot"), Stage(T0 + 30 * S, "measuring fp32", 1, "fp32")]
    second: list[Record] = [Clock(S, NOON_NS, "node7", "boot-2"), Stage(3 * S, "starting fp32", 2)]
    shown = model.picture(plan(), RUNNING, [first, second], None, 11 * S)
    assert shown.elapsed_s == 40
    assert shown.stage == second[1]
    elsewhere = model.picture(plan(), RUNNING, [first, second], None, None)
    assert elsewhere.elapsed_s == 32
    assert model.picture(plan(), RUNNING, [], None, None).elapsed_s is None


def test_what_happened_is_told_in_order_with_its_time() -> None:
    """Alarms also by themselves, in their own words; escapes don't reach the screen."""
    alarm, end = Alarm(T0 + 20 * S, "apart", "both at once \x1b[31mfailed"), End(T0 + 40 * S, "stopped", "by a person")
    shown = model.picture(plan(), RUNNING, logs(1, alarm, end), None, None)
    assert shown.events[0].text == "pair 1: starting fp32 and amp-bf16"
    assert shown.events[0].wall_ns == NOON_NS + S
    assert [event.text for event in shown.events[-2:]] == ["alarm: both at once failed", "stopped: by a person"]
    assert [event.text for event in shown.alarms] == ["both at once failed"]


def test_a_curve_is_the_mean_as_far_as_all_have_come() -> None:
    """Beyond that it would jump when a process drops out. NaN is no point."""
    one, other = pairs_of(1)
    one = dataclasses.replace(one, losses=((10, 4.0), (20, 2.0), (30, math.nan), (40, 1.0)))
    other = dataclasses.replace(other, losses=((10, 2.0), (20, 1.0), (30, 1.0)))
    assert model.mean_curve([one, other], 40, 4) == (3.0, 1.5, 1.0, None)
    assert model.mean_curve([one], 40, 4) == (4.0, 2.0, None, 1.0)
    assert set(model.mean_curve([], 40, 4)) == {None}
    assert model.mean_curve([one], 0, 4) == ()


def test_a_curve_is_smoothed_over_a_twentieth() -> None:
    """So that arms are told apart and not batches; a gap within is bridged, the end is not moved."""
    one = pairs_of(1)[0]
    noisy = dataclasses.replace(one, losses=tuple((step, 2.0 + (-1) ** step) for step in range(1, 121)))
    found = model.mean_curve([noisy], 240, 240)
    assert all(value == pytest.approx(2.0, abs=0.2) for value in found[:120])
    assert set(found[120:]) == {None}
    gap = dataclasses.replace(one, losses=((1, 4.0), (9, 2.0)))
    assert None not in model.mean_curve([gap], 9, 240)[20:32]


def test_a_process_that_counts_nowhere_is_in_no_curve() -> None:
    """Unless there is no other."""
    one, other = pairs_of(1)
    lost = dataclasses.replace(other, usable=False, losses=((10, 99.0), (40, 99.0)))
    kept = dataclasses.replace(one, losses=((10, 4.0), (40, 1.0)))
    assert model.mean_curve([kept, lost], 40, 4) == (4.0, None, None, 1.0)
    assert model.mean_curve([lost], 40, 4) == (99.0, None, None, 99.0)


ratios = st.floats(1e-3, 1e3)
halves = st.floats(1e-6, 1e6)
looks_of = st.lists(st.tuples(ratios, halves), min_size=1, max_size=8)


@given(looks_of, st.floats(0.001, 0.5), st.integers(2, 120))
def test_a_bar_holds_its_interval(told: list[tuple[float, float]], within: float, columns: int) -> None:
    """Exactly as wide as asked for, the ratio on it, and an end or an arrow at each side."""
    looks = [look(pairs, ratio, half) for pairs, (ratio, half) in enumerate(told, 2)]
    scale = scale_of(looks, within, columns)
    newest = looks[-1]
    for one in looks:
        drawn = bar(scale, one, None)
        assert len(drawn) == columns
        assert ("●" in drawn) is scale.shows(one.ratio)
    assert scale.shows(newest.ratio)
    assert scale.ends[0] < newest.ratio < scale.ends[1]
    assert len(axis(scale, ("×0.9", "×1.1"))) == columns


def test_bars_say_where_they_go_on_and_where_one_is() -> None:
    """The newest narrow interval decides; ×1 is marked where the scale reaches it."""
    near = [look(2, 1.01, 0.5), look(3, 1.01, 0.03)]
    scale = scale_of(near, 0.02, 40)
    wide, narrow = (bar(scale, one, None) for one in near)
    assert wide.startswith("←") and wide.endswith("→")
    assert narrow.strip().startswith("├") and narrow.strip().endswith("┤")
    assert "×1" in axis(scale, ("a", "b"))
    far = scale_of([look(2, 4.0, 0.02)], 0.02, 40)
    assert not far.shows(1.0)
    band = bar(far, look(2, 4.0, 0.005), (4.0 / 1.02, 4.0 * 1.02))
    assert band.count("·") > 4
    endless = bar(scale_of([Look(2, 4.0, 1e-120, 1e120)], 0.02, 40), Look(2, 4.0, 1e-120, 1e120), None)
    assert (endless[0], endless[-1]) == ("←", "→")


curves = st.lists(st.lists(st.none() | st.floats(-1e6, 1e6), min_size=5, max_size=5), min_size=1, max_size=4).filter(
    lambda found: any(value is not None for curve in found for value in curve)
)


@given(curves, st.integers(1, 30))
def test_every_known_point_is_drawn(found: list[list[float | None]], lines: int) -> None:
    """In its column, once; where several arms are in one cell it says so."""
    drawn = plot(found, lines)
    assert len(drawn.lines) == lines
    for column in range(5):
        cells = [line[column] for line in drawn.lines if line[column] is not None]
        known = [arm for arm, curve in enumerate(found) if curve[column] is not None]
        assert bool(cells) is bool(known)
        assert all(cell == -1 or cell in known for cell in cells)


@given(st.lists(st.none() | st.floats(0, 9), max_size=300), st.integers(1, 200))
def test_a_curve_fills_its_columns(values: list[float | None], columns: int) -> None:
    """Each value's column is known if the value is; none is invented."""
    found = spread(values, columns)
    assert len(found) == columns
    if not any(value is not None for value in values):
        assert not any(value is not None for value in found)


@given(st.integers(1, 300), st.integers(1, 120), st.tuples(*[st.integers(1, 60)] * 3), st.booleans())
def test_a_layout_fills_the_screen(width: int, height: int, wanted: tuple[int, int, int], notice: bool) -> None:
    """No line too many; the verdict first; runs and events within what the curves have."""
    layout = arrange(width, height, wanted, notice=notice)
    left = max(0, height - 3 - notice)
    assert layout.verdict + layout.ratio + layout.arms + layout.curves == left
    assert min(layout.verdict, layout.ratio, layout.arms, layout.curves, layout.runs, layout.events) >= 0
    assert layout.verdict or not layout.ratio
    assert max(layout.runs, layout.events) <= layout.curves
    assert layout.beside_columns < width


@given(st.integers(1, 300), st.integers(2, 8), st.booleans())
def test_columns_fit(width: int, arms: int, compares: bool) -> None:
    """No wider than the screen where there is any; a difference for two arms alone."""
    found = grid(width, arms, compares=compares)
    used = 2 + 15 + found.arms * found.column + 15 * found.apart + 27 * found.interval
    assert used <= max(width, 2 + 15)
    assert not (found.apart and arms > 2)
    assert found.apart or not found.interval


def test_a_picture_of_nothing_asked_has_the_plan_s_unit() -> None:
    """Until there is evidence."""
    assert model.picture(plan(), RUNNING, [], None, None).unit == "images/s"
    assert faster().unit == "images/s"
    assert cannot_tell().plan.factor == "compile"
