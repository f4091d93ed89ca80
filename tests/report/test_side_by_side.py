"""Two runs beside each other: what differs is said first, and a ratio only where both are numbers."""

from __future__ import annotations

import dataclasses
import math
import shutil
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlperf_tui.analysis.summary import Summary
from mlperf_tui.report.build import build
from mlperf_tui.report.numbers import DASH
from mlperf_tui.report.side_by_side import Compared, ratio, side_by_side
from mlperf_tui.session.folder import Folder

RECORDED = Path(__file__).parent.parent / "recorded"
NUMBERS = st.none() | st.floats() | st.integers(-(10**12), 10**12)


@pytest.fixture(scope="module")
def summaries(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Summary]:
    """Of copies, since to look at a session may write its rollup."""
    root = tmp_path_factory.mktemp("sessions")
    names = ("eight-gpus", "one-h100", "cpu-digits", "failed")
    return {name: build(Folder(Path(shutil.copytree(RECORDED / name, root / name)))) for name in names}


def row(label: str, left: Summary, right: Summary) -> Compared:
    [found] = [one for one in side_by_side(left, right).rows if one.label == label]
    return found


@settings(deadline=None)
@given(NUMBERS, NUMBERS)
def test_a_ratio_is_right_over_left_or_a_dash(left: float | None, right: float | None) -> None:
    """To its three digits where both are finite and above 0; no error, whatever comes."""
    said = ratio(left, right)
    if left is None or right is None or not (0 < left < math.inf and 0 < right < math.inf):
        assert said == DASH
    elif said != DASH:
        assert said.startswith("×")
        assert float(said[1:].replace(",", "")) == pytest.approx(right / left, rel=0.006)


@settings(deadline=None)
@given(st.floats(1e-6, 1e6), st.floats(1e-6, 1e6))
def test_a_ratio_turned_round_is_its_inverse(left: float, right: float) -> None:
    """As far as its digits go."""
    there, back = (float(ratio(*pair)[1:].replace(",", "")) for pair in ((left, right), (right, left)))
    assert there * back == pytest.approx(1, rel=0.013)


@pytest.mark.parametrize(("left", "right", "said"), [(0.0001, 0.43, DASH), (0.43, 0.004, DASH), (0.1, 0.43, "×4.30")])
def test_a_tiny_share_has_no_ratio(summaries: dict[str, Summary], left: float, right: float, said: str) -> None:
    """Next to nothing goes into everything many times."""
    run = summaries["one-h100"]
    pair = [
        dataclasses.replace(run, throughput=dataclasses.replace(run.throughput, data_wait_share=share))
        for share in (left, right)
    ]
    assert row("data wait", *pair).ratio == said


def test_one_and_the_same_is_alike(summaries: dict[str, Summary]) -> None:
    """Every ratio is 1; what nobody knows is said."""
    found = side_by_side(summaries["one-h100"], summaries["one-h100"])
    assert found.differing == ()
    assert found.verdict == "alike in all that is known of their plans; unknown in both: seed, commit"
    assert {one.ratio for one in found.rows} == {DASH, "×1.00"}
    assert all(one.left == one.right for one in found.rows)


def test_what_differs_is_said_first(summaries: dict[str, Summary]) -> None:
    """Precision, batch, ranks, device: with both values."""
    found = side_by_side(summaries["cpu-digits"], summaries["eight-gpus"])
    assert found.verdict.startswith("unlike in precision, scale, batch, ranks, device")
    assert Compared("precision", "fp32", "amp-bf16") in found.differing
    assert Compared("ranks", "1", "8") in found.differing


CHANGES: list[tuple[str, dict[str, Any]]] = [
    ("commit", {"plan": {"git": {"commit": "0123456789abcdef", "dirty": True}}}),
    ("seed", {"plan": {"seed": 7}}),
    ("Python", {"plan": {"versions": {"mlperf-tui": "0.1.0", "python": "3.13"}}}),
    ("torch", {"about": {"torch": "2.99"}}),
    ("TF32", {"about": {"tf32": {"matmul": True, "conv": False}}}),
    ("batch", {"about": {"samples_per_step": 128}}),
]


@pytest.mark.parametrize(("label", "change"), CHANGES, ids=[label for label, _ in CHANGES])
def test_each_thing_that_identifies_a_run(summaries: dict[str, Summary], label: str, change: dict[str, Any]) -> None:
    """Alone, it is the one thing named."""
    run = summaries["one-h100"]
    changed: dict[str, Any] = {name: {**(getattr(run, name) or {}), **more} for name, more in change.items()}
    found = side_by_side(run, dataclasses.replace(run, **changed))
    assert [one.label for one in found.differing] == [label]


def test_numbers_with_their_units_and_ratios(summaries: dict[str, Summary]) -> None:
    """Throughput, step time, GPU shares, power, memory."""
    left, right = summaries["eight-gpus"], summaries["one-h100"]
    assert row("throughput", left, right) == Compared("throughput", "40,994 images/s", "4,010 images/s", "×0.0978")
    assert row("step time p50", left, right).right.endswith(" ms")
    assert row("tensor", left, right).right == "11 %"
    assert row("power a GPU", left, right).right.endswith(" W")
    assert row("peak memory a GPU", left, right).right == "13.1 GiB"
    assert row("energy", left, right).right.endswith(" J a sample")


def test_unknown_is_a_dash_and_has_no_ratio(summaries: dict[str, Summary]) -> None:
    """No GPU on one side, no quality on the other."""
    left, right = summaries["cpu-digits"], summaries["one-h100"]
    assert row("GPU busy", left, right) == Compared("GPU busy", DASH, "97 %", DASH)
    assert row("top-1", left, right).right == DASH


def test_unlike_units_have_no_ratio(summaries: dict[str, Summary]) -> None:
    """Images are no tokens, and the unit is named among what differs."""
    run = summaries["one-h100"]
    other = dataclasses.replace(run, throughput=dataclasses.replace(run.throughput, unit="tokens/s"))
    assert row("throughput", run, other).ratio == DASH
    assert [one.label for one in side_by_side(run, other).differing] == ["unit"]


def test_one_gpu_that_says_nothing_makes_the_mean_unknown(summaries: dict[str, Summary]) -> None:
    """A mean over the others would be another number."""
    run = summaries["eight-gpus"]
    gpus = (dataclasses.replace(run.gpus[0], tensor_pct=None), *run.gpus[1:])
    assert row("tensor", run, dataclasses.replace(run, gpus=gpus)).right == DASH
