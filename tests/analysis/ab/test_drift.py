"""Speed that moves over an experiment is told, and speed that doesn't is not."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from mlperf_tui.analysis.ab.drift import Point, drift, moved
from mlperf_tui.analysis.ab.evidence import Process
from tests.analysis.ab.processes import PAIR_S, process

Floats = NDArray[Any]


def _experiment(
    by_pair: float, *, spread: float = 0.001, clock: float = 0.0, heat: float = 0.0, seed: int = 1
) -> list[Process]:
    """Eight pairs; B is four times as fast. Each pair changes speed by a share, clock by MHz and temperature by °C."""
    made = np.random.default_rng(seed)
    return [
        process(
            arm,
            pair,
            fast * math.exp(by_pair * pair + made.normal(0, spread)),
            metrics={"clock_mhz": 1980.0 + clock * pair + made.normal(0, 1), "temperature_c": 50 + heat * pair},
        )
        for pair in range(1, 9)
        for arm, fast in (("a", 100.0), ("b", 400.0))
    ]


def test_it_says_how_much_and_why() -> None:
    """Speed, clock and heat move together, in both arms, over seven pairs and a third."""
    said = drift(_experiment(-0.004, clock=-10, heat=2))
    assert said is not None
    assert said.startswith("speed fell by 2.")
    assert "the clock fell by 7" in said
    assert "the temperature rose by 15 °C" in said
    assert said.endswith("over the experiment, in all arms together")


def test_steady_speed_is_not_told() -> None:
    """A difference between arms, and scatter, are no drift; a clock that moves by a little isn't worth a word."""
    assert drift(_experiment(0.0, clock=-0.5, heat=0.1)) is None


def test_a_machine_that_warms_while_speed_stays() -> None:
    """It is said, with what it did to speed: nothing that one could be sure of."""
    assert drift(_experiment(0.0, heat=2)) == (
        "the temperature rose by 15 °C over the experiment; speed did not surely move"
    )


def test_chance_is_seldom_taken_for_drift() -> None:
    """At most 2 of 100 experiments without drift, where 1 is meant."""
    said = [drift(_experiment(0.0, spread=0.01, seed=seed)) for seed in range(400)]
    assert sum(text is not None for text in said) <= 8


@pytest.mark.parametrize("pairs", [0, 1, 2])
def test_too_few_to_tell(pairs: int) -> None:
    """A line fits any few points."""
    assert drift([each for each in _experiment(-0.1) if each.pair <= pairs]) is None


def test_what_is_not_usable_or_not_measured_counts_nowhere() -> None:
    """A failed process at a tenth of the speed, and one without a window."""
    steady = _experiment(0.0)
    others = [process("a", 9, 10.0, usable=False), process("b", 9, windows=())]
    assert drift([*steady, *others]) is None


def test_the_slope_is_the_line_itself() -> None:
    """Three units a second over all the time, whatever the level of each arm, and although B ran later on average."""
    points = [
        Point(arm, at + later, level + 3 * at)
        for arm, level, later in (("a", 0.0, 0.0), ("b", 100.0, 50.0))
        for at in (0, 1, 2, PAIR_S)
    ]
    assert moved(points) == pytest.approx(3 * (PAIR_S + 50))


def test_its_certainty_is_that_of_a_regression() -> None:
    """Ordinary least squares with a mean for each arm: told where its p-value says so, and only there."""
    made = np.random.default_rng(1)
    said = []
    for _ in range(400):
        times, arms = np.arange(8.0), np.arange(8) % 2
        values = 0.6 * times + made.normal(0, 1, 8)
        found = moved([Point(str(arm), at, value) for arm, at, value in zip(arms, times, values, strict=True)])
        assert (found is not None) == (_p_of_slope(times, arms, values) < 0.01)
        said.append(found is not None)
    assert 40 < sum(said) < 360


def _p_of_slope(times: Floats, arms: Floats, values: Floats) -> float:
    design = np.column_stack([times, arms, 1 - arms])
    left = values - design @ np.linalg.lstsq(design, values, rcond=None)[0]
    freedom = len(values) - 3
    error = np.sqrt(np.linalg.inv(design.T @ design)[0, 0] * (left @ left) / freedom)
    slope = np.linalg.lstsq(design, values, rcond=None)[0][0]
    return float(2 * stats.t.sf(abs(slope) / error, freedom))


def test_nothing_moves_where_all_is_the_same() -> None:
    """Constant values, or all at one time: no slope."""
    assert moved([Point("a", at, 1.0) for at in range(9)]) is None
    assert moved([Point("a", 0.0, float(n)) for n in range(9)]) is None
