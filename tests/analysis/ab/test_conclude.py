"""From processes to the answer: which of them count, and what is held against what."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

import pytest

from mlperf_tui.analysis.ab.conclude import conclude, conclude_stored
from mlperf_tui.analysis.ab.evidence import Process
from mlperf_tui.analysis.ab.intervals import looks, speed_of
from tests.analysis.ab.processes import process


def _run(arms: dict[str, float], pairs: int = 4) -> list[Process]:
    """Each arm at its speed, a little apart each time, in the order in which they ran."""
    made = random.Random(1)
    return [
        process(arm, pair, fast * made.uniform(0.998, 1.002))
        for pair in range(1, pairs + 1)
        for arm, fast in sorted(arms.items(), reverse=pair % 2 == 0)
    ]


def _per_s(processes: list[Process], arm: str) -> list[float]:
    return [each.per_s or 0.0 for each in processes if each.arm == arm]


def test_b_is_held_against_a() -> None:
    """The factor, the ratio, and all looks, as the parts give them."""
    processes = _run({"a": 100.0, "b": 400.0})
    found = conclude("precision", ("a", "b"), 0.02, 20, processes)
    [comparison] = found.comparisons
    assert (found.factor, found.arms, found.unit, found.pairs, found.within) == (
        "precision",
        ("a", "b"),
        "samples/s",
        4,
        0.02,
    )
    assert (comparison.a, comparison.b) == ("a", "b")
    assert comparison.speed.looks == looks(_per_s(processes, "a"), _per_s(processes, "b"))
    assert comparison.sentence.startswith("b is 4.0 times faster (±")
    assert found.processes == tuple(processes)
    assert found.drift is None


def test_only_whole_pairs_count() -> None:
    """One process that failed takes its pair along; what was measured of no time, or not yet, does too."""
    processes = _run({"a": 100.0, "b": 400.0}, pairs=7)
    broken: dict[int, dict[str, Any]] = {
        2: {"usable": False},
        3: {"windows": ()},
        6: {"windows": tuple(replace(window, samples=0) for window in processes[0].windows)},
    }
    spoilt = [replace(each, **broken.get(each.pair, {})) if each.arm == "b" else each for each in processes]
    spoilt.append(process("a", 8))
    found = conclude("precision", ("a", "b"), 0.02, 20, spoilt)
    assert found.pairs == 4
    whole = [each for each in processes if each.pair in (1, 4, 5, 7)]
    assert found.comparisons == conclude("precision", ("a", "b"), 0.02, 20, whole).comparisons
    assert len(found.processes) == len(spoilt)


def test_pairs_are_taken_in_their_order() -> None:
    """However the processes are listed, and with a failed one that was repeated."""
    processes = _run({"a": 100.0, "b": 400.0})
    again = [replace(processes[0], usable=False, session="s-first"), *reversed(processes)]
    expected = conclude("precision", ("a", "b"), 0.02, 20, processes).comparisons
    assert conclude("precision", ("a", "b"), 0.02, 20, again).comparisons == expected


def test_several_arms_against_the_first() -> None:
    """One comparison each."""
    found = conclude("batch", ("a", "b", "c"), 0.02, 20, _run({"a": 100.0, "b": 110.0, "c": 50.0}))
    assert [(each.a, each.b, each.speed.conclusion) for each in found.comparisons] == [
        ("a", "b", "faster"),
        ("a", "c", "slower"),
    ]


def test_what_is_refused_is_not_compared() -> None:
    """The reason stands in its place, and the processes are listed all the same."""
    found = conclude("x", ("a", "b"), 0.02, 20, _run({"a": 1.0, "b": 2.0}), refused=["torch 2.9 in a, 2.11 in b"])
    assert (found.comparisons, found.refused, len(found.processes)) == ((), ("torch 2.9 in a, 2.11 in b",), 8)


def test_nothing_yet() -> None:
    """Before the first process there is an answer too, and it claims nothing."""
    found = conclude("precision", ("a", "b"), 0.02, 20, [])
    [comparison] = found.comparisons
    assert (found.pairs, comparison.speed.conclusion, comparison.learning.conclusion) == (
        0,
        "cannot_tell",
        "cannot_tell",
    )
    assert comparison.sentence == "can't tell whether b is faster than a: no process of each arm has been measured yet"


def test_amp_without_tensor_cores_is_a_warning() -> None:
    """After the others."""
    processes = [replace(each, metrics={"tensor_pct": 0.0}) for each in _run({"fp32": 1.0, "amp-bf16": 1.0})]
    found = conclude("precision", ("fp32", "amp-bf16"), 0.02, 20, processes, warnings=["it throttled"])
    assert found.warnings[0] == "it throttled"
    assert "amp-bf16 hardly uses the Tensor Cores" in found.warnings[1]


def test_speed_that_moves_is_told() -> None:
    """Each pair a percent slower than the one before."""
    slowing = [
        replace(each, windows=tuple(replace(w, seconds=w.seconds * 1.01**each.pair) for w in each.windows))
        for each in _run({"a": 100.0, "b": 400.0}, pairs=6)
    ]
    found = conclude("precision", ("a", "b"), 0.02, 20, slowing)
    assert found.drift is not None
    assert found.drift.startswith("speed fell by 5.")


def test_arms_need_names_of_their_own() -> None:
    """A against A has two."""
    with pytest.raises(ValueError, match="a name of its own"):
        conclude("precision", ("a", "a"), 0.02, 20, [])


def test_stored_sessions() -> None:
    """Three against four: all count, by one plain look; a failed one doesn't."""
    processes = _run({"a": 100.0, "b": 400.0})
    stored = [replace(processes[0], usable=False), *processes[1:]]
    found = conclude_stored("precision", ("a", "b"), 0.02, stored)
    [comparison] = found.comparisons
    assert (found.pairs, found.drift) == (3, None)
    assert comparison.speed == speed_of(_per_s(stored[1:], "a"), _per_s(stored, "b"), 0.02)
    two = conclude_stored("precision", ("a", "b"), 0.02, processes[:2])
    assert "one process of each is no verdict" in two.comparisons[0].sentence
