"""The documents: the answer first, in the columns there are; no markup of others; JSON whose nulls have reasons."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlperf_tui.analysis.ab.changes import METRICS
from mlperf_tui.analysis.ab.conclude import conclude
from mlperf_tui.analysis.ab.evidence import Process, Window
from mlperf_tui.analysis.ab.result import Ab, Change, Look
from mlperf_tui.records import Experiment
from mlperf_tui.report.ab import render
from mlperf_tui.report.ab.build import build
from mlperf_tui.report.ab.numbers import share, signed, span, value
from mlperf_tui.report.ab.rows import changes_table
from tests.report.ab import turning
from tests.report.ab.turning import Arm

FP32 = Arm("fp32", (400.0, 402.0, 401.0, 399.0), memory=27 << 30)
AMP = Arm("amp-bf16", (1640.0, 1652.0, 1645.0, 1660.0), tensor=61.0, power=600.0, memory=11 << 30, limits="power")
COMMAND = "mlperf-tui ab resnet50 --vary precision=fp32,amp-bf16"
COMPARE = ("mlperf-tui", "compare", "--factor", "steps asked for", "s-1", "--", "s-2")
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


@pytest.mark.parametrize("width", [None, 40, 60, 79, 80, 120, 200])
def test_text_is_never_wider_than_its_columns(made: tuple[Ab, Experiment], width: int | None) -> None:
    """Whatever is said, but for the command, which must stay as it is; 100 where nobody says how many there are."""
    ab, plan = made
    long = replace(ab, warnings=("a word " * 60,), arms=ab.arms)
    for line in render(long, plan, "text", width).splitlines()[:-1]:
        assert len(line) <= (width or 100)


@pytest.mark.parametrize("width", [40, 70, 90, 160])
def test_a_sentence_is_wrapped_once(made: tuple[Ab, Experiment], width: int) -> None:
    """Each line but the last is as full as it can be, and goes on below its own text."""
    ab, plan = made
    lines = render(replace(ab, warnings=("word " * 80,)), plan, "text", width).splitlines()
    first = next(at for at, line in enumerate(lines) if line.startswith("note ") and line.endswith("word word"))
    words = lines[first : lines.index("", first)]
    indent = words[0].index("word")
    assert sum(line.count("word") for line in words) == 80
    assert {line[:indent].strip() for line in words[1:]} == {""}
    assert {len(line) for line in words[:-1]} == {indent + (width - indent + 1) // 5 * 5 - 1}


def test_a_table_says_more_where_there_is_room() -> None:
    """An arm's name is cut, and a column left out, for want of columns only."""
    names = ["a" * 38, "b" * 38]
    ids = [f"s-20261124-162541-{'w' * 24}-db53-{pair}{arm}" for pair in (1, 2) for arm in "ab"]
    ran = [Process(name, names[at % 2], at // 2 + 1, "stopped", usable=True, seed=1) for at, name in enumerate(ids)]
    ab = conclude("name", names, 0.02, 20, ran)
    narrow, wide = (render(ab, COMPARE, "text", width) for width in (80, 160))
    assert names[0] in wide
    assert "windows" in wide
    assert (f"{'a' * 38}  " in narrow, "windows" in narrow) == (False, False)
    assert all(one in narrow for one in ids)


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


def test_an_interval_that_says_nothing_is_told_in_words(made: tuple[Ab, Experiment]) -> None:
    """Not as ±82,933 %, and without its ends; one that excludes 1 tells the end that is next to it."""
    looks = (Look(2, 1.062, 0.00128, 881.0), Look(3, 500.0, 4.0, 62_500.0), Look(4, 0.01, 1e-4, 0.5))
    for at, said in ((1, "1.062 (95 % interval says nothing yet)"), (2, "at least 4.00"), (3, "at most 0.500")):
        text = render(with_speed(made[0], looks=looks[:at]), made[1], "text")
        assert said in text
        assert "over 999" not in text
    assert "looks     2 pairs 1.062 (says nothing yet), 3 pairs 500.00 (at least 4.00), 4 pairs" in text


def with_speed(ab: Ab, **more: Any) -> Ab:
    """The same with another verdict."""
    first = ab.comparisons[0]
    return replace(ab, comparisons=(replace(first, speed=replace(first.speed, **more)),))


@pytest.mark.parametrize(
    ("name", "a", "difference", "said"),
    [
        ("tensor_pct", 60.0, 0.11, "clear"),
        ("tensor_pct", 60.0, 0.09, "–"),
        ("data_wait_share", 0.001, 0.0011, "clear"),
        ("data_wait_share", 0.001, 0.0009, "–"),
        ("power_w", 600.0, -3.1, "clear"),
        ("power_w", 600.0, -2.9, "–"),
    ],
)
def test_what_is_clear_to_a_reader(
    made: tuple[Ab, Experiment], name: str, a: float, difference: float, said: str
) -> None:
    """A tenth of a point, half a percent of the larger value: below that the surest difference is noise."""
    change = Change(name, name, "", a, a + difference, difference, 0.9 * difference, 1.1 * difference, clear=True)
    comparison = replace(made[0].comparisons[0], changes=(change,))
    assert changes_table(comparison)[1][-1] == said
    assert changes_table(replace(comparison, changes=(replace(change, clear=False),)))[1][-1] == "–"


def test_an_interval_has_its_unit_once() -> None:
    """Where both ends have the same."""
    change = Change("power_w", "power", "W", 602.0, 602.8, 0.84, -3.18, 4.86)
    assert span(change) == "−3.2 to +4.9 W"
    memory = Change(
        "memory_allocated_peak_bytes", "memory", "bytes", 2.0**34, 2.0**33, -(2.0**33), -(2.0**34), -(2.0**25)
    )
    assert span(memory) == "−16.0 GiB to −32 MiB"


def test_learning_is_told_in_one_wording(made: tuple[Ab, Experiment]) -> None:
    """Its verdict is not said twice, though its reason begins with it."""
    learning = replace(
        made[0].comparisons[0].learning, conclusion="same", why="same within seed noise: at 6,400 samples"
    )
    told = replace(made[0], comparisons=(replace(made[0].comparisons[0], learning=learning),))
    assert "learning  same within seed noise: at 6,400 samples" in render(told, made[1], "text")


NAMES_OF_ARMS = st.lists(st.text("abc-=/._ 01", min_size=1, max_size=60).map(str.strip), min_size=2, max_size=2)
WORDS = st.text("abcdefgh", min_size=1, max_size=24)
WIDE = {"memory_used_peak_bytes": (3e10, 1e9), "j_per_sample": (0.762, 0.151), "tensor_pct": (0.4, 99.0)}


@settings(max_examples=60)
@given(
    NAMES_OF_ARMS.filter(lambda names: len(set(names)) == 2 and all(names)),
    WORDS,
    st.sampled_from(["running", "interrupted"]),
)
def test_whatever_arms_and_sessions_are_called(names: list[str], word: str, status: str) -> None:
    """Text has 100 columns, and every id is there whole: it is what other commands are given."""
    a, b = names
    ids = [f"s-20261124-162541-{word}-db53-{pair}{arm}" for pair in (9, 10, 11, 12) for arm in "ab"]
    windows = (Window(0.0, 123, 40_000, 10.0, 16),) * 2
    processes = [
        Process(name, (a, b)[at % 2], at // 2 + 9, status, at > 1, 12, "samples/s", windows, "GPU events")
        for at, name in enumerate(ids)
    ]
    changes = tuple(
        Change(name, METRICS[name].label, METRICS[name].unit, one, other, other - one, -abs(one), abs(other))
        for name, (one, other) in WIDE.items()
    )
    ab = conclude("name", names, 0.02, 20, processes)
    ab = replace(ab, comparisons=(replace(ab.comparisons[0], changes=changes),) * 2)
    *lines, _ = render(ab, COMPARE, "text").splitlines()
    assert max(map(len, lines)) <= 100
    assert [line.split()[0] for line in lines if line.startswith("s-2")] == ids


def test_several_comparisons_are_each_told(made: tuple[Ab, Experiment]) -> None:
    """The first is the headline."""
    ab, plan = made
    two = replace(ab, comparisons=(ab.comparisons[0], replace(ab.comparisons[0], b="amp-fp16")))
    assert "amp-fp16 against fp32" in render(two, plan, "text")
    assert "**amp-fp16 against fp32**" in render(two, plan, "markdown")
    assert len(json.loads(render(two, plan, "json"))["comparisons"]) == 2


@pytest.mark.parametrize("style", ["text", "json", "markdown"])
def test_stored_sessions_are_compared_again_by_the_same_words(made: tuple[Ab, Experiment], style: str) -> None:
    """For a shell, in all three; of no experiment."""
    text = render(made[0], COMPARE, style)
    assert "mlperf-tui compare --factor 'steps asked for' s-1 -- s-2" in text
    assert style != "json" or json.loads(text)["experiment"] is None


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
        ("step_time_s", 0.0639, 0.0638, -0.0000685, ("63.9 ms", "63.8 ms", "−0.07 ms")),
        ("step_time_s", 0.289, 0.0637, -0.2253, ("289 ms", "63.7 ms", "−225 ms")),
        ("power_w", 400.0, 600.0, 200.0, ("400 W", "600 W", "+200 W")),
        ("power_w", 602.0, 602.8, 0.844, ("602 W", "603 W", "+0.8 W")),
        ("power_w", 602.0, 602.0, 0.0, ("602 W", "602 W", "0 W")),
        ("j_per_sample", 0.762, 0.151, -0.611, ("0.762 J/sample", "0.151 J/sample", "−0.611 J")),
        ("j_per_sample", 0.15, 0.15, 4.93e-05, ("0.150 J/sample", "0.150 J/sample", "0.000 J")),
        ("j_per_sample", 0.15, 0.151, 0.00103, ("0.150 J/sample", "0.151 J/sample", "+0.0010 J")),
        ("cpu_cores", 0.92, 0.918, -0.002, ("0.92 cores", "0.92 cores", "0.00 cores")),
        ("data_wait_share", 0.0004, 0.0003, -0.0001, ("< 0.1 %", "< 0.1 %", "0 points")),
        ("tensor_pct", 0.3, 0.34, 0.04, ("0.3 %", "0.3 %", "0 points")),
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
