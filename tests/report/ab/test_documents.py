"""The documents: the answer first, in 100 columns; Markdown without markup of others; JSON whose nulls have reasons."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mlperf_tui.analysis.ab.result import Ab, Change
from mlperf_tui.records import Experiment
from mlperf_tui.report.ab import render
from mlperf_tui.report.ab.build import build
from mlperf_tui.report.ab.numbers import share, signed, value
from tests.report.ab import turning
from tests.report.ab.turning import Arm

FP32 = Arm("fp32", (400.0, 402.0, 401.0, 399.0), memory=27 << 30)
AMP = Arm("amp-bf16", (1640.0, 1652.0, 1645.0, 1660.0), tensor=61.0, power=600.0, memory=11 << 30, limits="power")
COMMAND = "mlperf-tui ab resnet50 --vary precision=fp32,amp-bf16"
NAMES = {
    *("ratio", "interval", "conclusion", "pairs", "learning", "changes", "sessions", "refused", "unit", "within"),
    *("warnings", "drift", "command", "looks", "unknown", "comparisons"),
}


@pytest.fixture
def made(tmp_path: Path) -> tuple[Ab, Experiment]:
    """Four pairs."""
    folder = turning.experiment(tmp_path, [FP32, AMP])
    return build(folder), folder.plan()


def test_the_first_line_is_the_answer(made: tuple[Ab, Experiment]) -> None:
    """Then arms, ratio, learning, changes, notes, sessions, and the command as it was typed."""
    text = render(*made, "text")
    lines = text.splitlines()
    assert lines[0].startswith("amp-bf16 is 4.1 times faster (±1.0 %): Tensor Cores 0 → 61 %")
    assert lines[-1] == f"command: {COMMAND}"
    assert "amp-bf16     1,649  ±0.5 %          4" in text
    assert "ratio     4.12 (95 % interval 4.08 to 4.16, ±1.0 %): faster, 4 pairs" in text
    assert "looks     2 pairs 4.10" in text
    assert re.search(r"memory +27.0 GiB +11.0 GiB +−16.0 GiB .*clear", text)
    for process in made[0].processes:
        assert process.session in text


def test_text_is_never_wider_than_its_columns(made: tuple[Ab, Experiment]) -> None:
    """Whatever is said, but for the command, which must stay as it is."""
    ab, plan = made
    long = replace(ab, warnings=("a word " * 60,), arms=ab.arms)
    for line in render(long, plan, "text").splitlines()[:-1]:
        assert len(line) <= 100


def test_json_has_the_names_that_others_rely_on(made: tuple[Ab, Experiment]) -> None:
    """And the numbers of the first comparison at the top."""
    found = json.loads(render(*made, "json"))
    assert found.keys() >= NAMES
    low, high = found["interval"]
    assert low < found["ratio"] < high
    assert (found["conclusion"], found["pairs"], found["settled"]) == ("faster", 4, True)
    assert found["command"] == COMMAND
    assert [look["pairs"] for look in found["looks"]] == [2, 3, 4]
    assert [one["id"] for one in found["sessions"]] == [process.session for process in made[0].processes]
    assert found["sessions"][0]["throughput"] == pytest.approx(400, rel=1e-5)
    [comparison] = found["comparisons"]
    assert comparison["ratio"] == found["ratio"]


def nulls(found: dict[str, Any]) -> set[str]:
    """Names of what is unknown and may not be: of the answer, learning and changes."""
    top = {name for name in ("ratio", "interval", "conclusion", "half_width", "learning") if found[name] is None}
    learning = {f"learning.{name}" for name, told in (found["learning"] or {}).items() if told is None}
    sides = {f"changes.{one['name']}" for one in found["changes"] if None in (one["a"], one["b"])}
    return top | learning | sides


@pytest.mark.parametrize("pairs", [0, 1, 4])
def test_what_is_null_has_a_reason(tmp_path: Path, pairs: int) -> None:
    """In words, never empty."""
    folder = turning.experiment(
        tmp_path, [replace(FP32, per_s=FP32.per_s[:pairs]), replace(AMP, per_s=AMP.per_s[:pairs])]
    )
    found = json.loads(render(build(folder), folder.plan(), "json"))
    assert nulls(found) <= found["unknown"].keys()
    assert all(found["unknown"].values())
    assert ("ratio" in found["unknown"]) == (pairs < 2)


def test_what_was_refused_is_the_answer(tmp_path: Path) -> None:
    """In all three; nothing is compared."""
    folder = turning.experiment(tmp_path, [FP32, replace(AMP, about={"torch": "2.9.0", "data": "imagenet"})])
    ab, plan = build(folder), folder.plan()
    text, found = render(ab, plan, "text"), json.loads(render(ab, plan, "json"))
    assert text.startswith("these can't be compared: data digits in fp32, imagenet in amp-bf16 (and 1 more)")
    assert "refused  torch 2.14.0 in fp32, 2.9.0 in amp-bf16" in text
    assert len(found["refused"]) == 2
    assert nulls(found) == {"ratio", "interval", "conclusion", "half_width", "learning"}
    assert nulls(found) <= found["unknown"].keys()
    assert "these can't be compared" in render(ab, plan, "markdown").splitlines()[0]


def test_markdown_is_safe_and_folds_the_sessions_away(made: tuple[Ab, Experiment]) -> None:
    """A name or a warning can't put markup into a pull request."""
    ab, plan = made
    hostile = replace(ab, warnings=("a | b <script> `x` [y](z) # *w*",))
    text = render(hostile, replace(plan, command=("sh", "-c", "```rm```")), "markdown")
    assert text.startswith("### amp-bf16 is 4.1 times faster")
    assert "- note: a \\| b \\<script\\> \\`x\\` \\[y\\](z) \\# \\*w\\*" in text
    assert "<details><summary>Sessions, and the command to repeat it</summary>" in text
    assert "\n````\nsh -c '```rm```'\n````\n" in text


def test_what_can_t_be_told_is_said_so(made: tuple[Ab, Experiment]) -> None:
    """Of the ratio and of learning, with the reason."""
    ab, plan = made
    learning = replace(ab.comparisons[0].learning, conclusion="cannot_tell", why="one batch is repeated")
    speed = replace(ab.comparisons[0].speed, looks=(), conclusion="cannot_tell", why="one process of each")
    unsure = replace(ab, comparisons=(replace(ab.comparisons[0], learning=learning, speed=speed),))
    text = render(unsure, plan, "text")
    assert "learning  can't tell: one batch is repeated" in text
    assert "ratio     4.12 as measured, without an interval: one process of each" in text


def test_several_comparisons_are_each_told(made: tuple[Ab, Experiment]) -> None:
    """The first is the headline."""
    ab, plan = made
    two = replace(ab, comparisons=(ab.comparisons[0], replace(ab.comparisons[0], b="amp-fp16")))
    assert "amp-fp16 against fp32" in render(two, plan, "text")
    assert "**amp-fp16 against fp32**" in render(two, plan, "markdown")
    assert len(json.loads(render(two, plan, "json"))["comparisons"]) == 2


def test_stored_sessions_are_compared_again_by_their_ids(made: tuple[Ab, Experiment]) -> None:
    """In their arms."""
    ab, _ = made
    last = render(ab, None, "text").splitlines()[-1]
    first, second = last.removeprefix("command: mlperf-tui compare ").split(" -- ")
    assert len(first.split()) == len(second.split()) == 4
    assert all(word.endswith("fp32") for word in first.split())


@pytest.mark.parametrize(
    ("name", "a", "b", "difference", "said"),
    [
        ("tensor_pct", 0.0, 61.0, 61.0, ("0 %", "61 %", "+61 points")),
        ("data_wait_share", 0.02, 0.18, 0.16, ("2 %", "18 %", "+16 points")),
        ("busy_pct", 98.0, 97.5, -0.5, ("98 %", "98 %", "−0.5 points")),
        ("busy_pct", 98.0, 98.0, 1e-9, ("98 %", "98 %", "0 points")),
        (
            "memory_allocated_peak_bytes",
            27 * 2.0**30,
            11 * 2.0**30,
            -16 * 2.0**30,
            ("27.0 GiB", "11.0 GiB", "−16.0 GiB"),
        ),
        ("link_bytes_per_step", 2e9, 1e9, -1e9, ("2.00 GB", "1.00 GB", "−1.00 GB")),
        ("step_time_s", 0.08, None, None, ("80.0 ms", "–", "–")),
        ("power_w", 400.0, 600.0, 200.0, ("400 W", "600 W", "+200 W")),
    ],
)
def test_numbers_of_changes(
    name: str, a: float, b: float | None, difference: float | None, said: tuple[str, str, str]
) -> None:
    """Each in its unit; a difference of shares in points, one that can't be seen as 0."""
    change = Change(name, name, "", a, b, difference)
    assert (value(change, a), value(change, b), signed(change, difference)) == said


@pytest.mark.parametrize(
    ("part", "said"),
    [(None, "–"), (0.004, "0.4 %"), (0.0994, "9.9 %"), (0.0999, "10 %"), (0.41, "41 %"), (135.0, "over 999 %")],
)
def test_shares(part: float | None, said: str) -> None:
    """A digit behind the point where it counts."""
    assert share(part) == said
