"""The answer in one sentence."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mlperf_tui.analysis.ab.changes import METRICS
from mlperf_tui.analysis.ab.result import Change, Look, Speed
from mlperf_tui.analysis.ab.sentence import arrow, sentence

GIB = float(1 << 30)


def change(name: str, a: float | None, b: float | None, *, clear: bool = True) -> Change:
    """A change whose interval doesn't matter here."""
    apart = None if a is None or b is None else b - a
    return Change(name, METRICS[name].label, METRICS[name].unit, a, b, apart, clear=clear)


def verdict(conclusion: str, ratio: float, half: float, why: str = "") -> Speed:
    """A verdict with one look."""
    return Speed(conclusion, why, (Look(4, ratio, ratio / (1 + half), ratio * (1 + half)),), settled=True)


TENSOR = change("tensor_pct", 0.0, 61.0)
MEMORY = change("memory_allocated_peak_bytes", 27 * GIB, 11 * GIB)
WAIT = change("data_wait_share", 0.02, 0.18)
POWER = change("power_w", 612.0, 500.0)


def test_the_whole_answer() -> None:
    """As the issue wants it."""
    assert sentence("fp32", "amp-bf16", verdict("faster", 4.1, 0.01), [POWER, WAIT, MEMORY, TENSOR]) == (
        "amp-bf16 is 4.1 times faster (±1 %): Tensor Cores 0 → 61 %, memory 27 → 11 GiB (torch's own peak); "
        "now 18 % of the time waits for data"
    )


@pytest.mark.parametrize(
    ("conclusion", "ratio", "half", "said"),
    [
        ("faster", 1.021, 0.006, "2.1 % faster (±0.6 %)"),
        ("slower", 0.979, 0.006, "2.1 % slower (±0.6 %)"),
        ("faster", 1.53, 0.01, "53 % faster (±1 %)"),
        ("slower", 0.25, 0.012, "4.0 times slower (±1.2 %)"),
        ("faster", 250.0, 0.2, "250 times faster (±20 %)"),
    ],
)
def test_how_much(conclusion: str, ratio: float, half: float, said: str) -> None:
    """Percent below twice, times from there on; the width in the same measure."""
    assert sentence("a", "b", verdict(conclusion, ratio, half), []) == f"b is {said}"


def test_cannot_tell() -> None:
    """With the reason, and what surely changed all the same."""
    unsure = verdict("cannot_tell", 1.001, 0.016, "a difference, if there is one, is too small for ±1.6 % to show")
    begin = "can't tell whether b is faster than a: a difference, if there is one, is too small for ±1.6 % to show"
    unsettled = replace(unsure, settled=False)
    assert sentence("a", "b", unsettled, []) == begin
    assert sentence("a", "b", unsettled, [POWER]) == f"{begin}; beside speed: power 612 → 500 W"
    assert sentence("a", "b", Speed("cannot_tell", "nothing was measured"), []).endswith(": nothing was measured")


@pytest.mark.parametrize(
    ("low", "high", "most"),
    [(0.999, 1.003, "0.3 %"), (0.9969, 1.001, "0.4 %"), (0.9, 1.0001, "10 %"), (0.899, 1.05, "11 %")],
)
def test_no_difference_beyond(low: float, high: float, most: str) -> None:
    """A narrow interval about 1 says how large a difference can be at most: rounded up, never down."""
    settled = Speed("cannot_tell", "too small", (Look(4, 1.0, low, high),), settled=True)
    begin = f"no difference of more than {most} between b and a (can't tell which is faster)"
    assert sentence("a", "b", settled, []) == begin
    assert sentence("a", "b", settled, [POWER]) == f"{begin}; beside speed: power 612 → 500 W"


@pytest.mark.parametrize(
    ("conclusion", "low", "high", "said"),
    [("faster", 4.0, 5e4, "at least 4 times faster"), ("slower", 1e-6, 0.2, "at least 5 times slower")],
)
def test_surely_but_not_by_how_much(conclusion: str, low: float, high: float, said: str) -> None:
    """An interval wider than any number tells: its nearer end holds all the same."""
    wide = Speed(conclusion, "", (Look(2, (low * high) ** 0.5, low, high),))
    assert sentence("a", "b", wide, []) == f"b is {said}"


def test_only_what_is_clear_and_matters() -> None:
    """Chance, a share that moved by three points, and memory that moved by a hundredth are no news."""
    dull = [
        change("tensor_pct", 0.0, 61.0, clear=False),
        change("busy_pct", 95.0, 98.0),
        change("memory_allocated_peak_bytes", 10.0 * GIB, 10.1 * GIB),
        change("power_w", None, 300.0),
    ]
    assert sentence("a", "b", verdict("faster", 1.021, 0.006), dull) == "b is 2.1 % faster (±0.6 %)"


def test_a_wait_that_fell_is_told_as_a_change() -> None:
    """Only one that came up is the next limit, and it may stand alone."""
    speed = verdict("faster", 4.1, 0.01)
    assert sentence("a", "b", speed, [change("data_wait_share", 0.4, 0.12)]).endswith(": data wait 40 → 12 %")
    assert sentence("a", "b", speed, [WAIT]).endswith("(±1 %): now 18 % of the time waits for data")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (TENSOR, "0 → 61 %"),
        (change("memory_allocated_peak_bytes", 0.05 * GIB, 0.02 * GIB), "51 → 20 MiB"),
        (change("link_bytes_per_step", 2.5 * GIB, 1.25 * GIB), "2.5 → 1.2 GiB/step"),
        (change("j_per_sample", 3.44, 0.91), "3.4 → 0.91 J/sample"),
        (change("step_time_s", 0.0123, 0.5), "12 → 500 ms"),
        (change("data_wait_share", 0.02, None), "2 → – %"),
    ],
)
def test_a_change_as_it_is_read(given: Change, said: str) -> None:
    """Both numbers in one unit."""
    assert arrow(given) == said
