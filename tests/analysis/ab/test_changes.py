"""What changed beside speed."""

from __future__ import annotations

import math
from collections.abc import Mapping

import pytest

from mlperf_tui.analysis.ab.changes import METRICS, amp_without_tensor, changes
from mlperf_tui.analysis.ab.evidence import Process
from tests.analysis.ab.processes import process

GIB = 1 << 30


def arm(name: str, *values: Mapping[str, float | None]) -> list[Process]:
    """One process for each set of metrics."""
    return [process(name, n, metrics=given) for n, given in enumerate(values, 1)]


def test_a_clear_change() -> None:
    """By hand: means 60 and 1, each mean known to 0.5 and 0.2; Welch's interval is about ±1.9 around -59."""
    a = arm("amp", *({"tensor_pct": value} for value in (59.0, 61.0, 60.0, 60.0)))
    b = arm("fp32", *({"tensor_pct": value} for value in (1.0, 1.5, 0.5, 1.0)))
    [found] = changes(a, b)
    assert (found.name, found.label, found.unit, found.clear) == ("tensor_pct", "Tensor Cores", "%", True)
    assert (found.a, found.b, found.difference) == (60, 1, -59)
    assert found.low is not None
    assert found.high is not None
    assert -60.5 < found.low < -60
    assert -58 < found.high < -57.5


def test_what_chance_may_have_done_is_not_clear() -> None:
    """Power that scatters more than it differs."""
    a = arm("a", *({"power_w": value} for value in (300.0, 320.0, 310.0)))
    b = arm("b", *({"power_w": value} for value in (305.0, 330.0, 315.0)))
    [found] = changes(a, b)
    assert not found.clear
    assert found.low is not None
    assert found.low < 0


def test_a_number_that_never_scatters() -> None:
    """torch's peak is the same each time: a change of it is clear, a rounding of its mean is none."""
    peak = "memory_allocated_peak_bytes"
    [found] = changes(arm("a", *[{peak: 27.0 * GIB}] * 3), arm("b", *[{peak: 11.0 * GIB}] * 4))
    assert found.clear
    [same] = changes(arm("a", *[{"power_w": 0.1}] * 3), arm("b", *[{"power_w": 0.1}] * 4))
    assert not same.clear
    assert same.difference == pytest.approx(0)
    assert not changes(arm("a", *[{"power_w": 0.1}] * 3), arm("b", *[{"power_w": 0.1 + 1e-13}] * 4))[0].clear


def test_unknown_stays_unknown() -> None:
    """A metric that nobody knows is left out; one that one arm knows has no difference; NaN is not known."""
    a = arm("a", {"tensor_pct": 1.0, "power_w": None, "dram_pct": math.nan}, {"tensor_pct": 2.0})
    [found] = changes(a, arm("b", {}, {"tensor_pct": None}))
    assert (found.name, found.a, found.b, found.difference, found.low, found.clear) == (
        "tensor_pct",
        1.5,
        None,
        None,
        None,
        False,
    )
    assert changes([], []) == ()


def test_one_each_has_a_difference_and_no_interval() -> None:
    """Two numbers."""
    [found] = changes(arm("a", {"cpu_cores": 1.0}), arm("b", {"cpu_cores": 3.0}))
    assert (found.difference, found.low, found.high, found.clear) == (2, None, None, False)


def test_the_order_is_that_of_the_table() -> None:
    """Whatever the order in which a process tells them."""
    names = list(METRICS)
    given: dict[str, float | None] = dict.fromkeys(reversed(names), 1.0)
    assert [change.name for change in changes(arm("a", given, given), arm("b", given, given))] == names


def test_amp_that_is_not_in_effect() -> None:
    """An alarm: only for arms that claim it, and only where tensor activity is known."""
    idle, busy = {"tensor_pct": 0.1}, {"tensor_pct": 60.0}
    said = amp_without_tensor([*arm("fp32", idle, idle), *arm("amp-bf16", idle, idle)])
    assert said == "amp-bf16 hardly uses the Tensor Cores (0.1 %): mixed precision is not in effect"
    assert amp_without_tensor([*arm("fp32", idle), *arm("amp-bf16", busy)]) is None
    assert amp_without_tensor(arm("amp-bf16", {}, {"tensor_pct": None})) is None
    assert amp_without_tensor(arm("amp-fp16", {"tensor_pct": 0.4, "sm_pct": 5.0})) is None, "all of it mostly idles"
    assert amp_without_tensor(arm("amp-fp16", {"tensor_pct": 0.4, "sm_pct": 90.0})) is not None
