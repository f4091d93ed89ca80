"""What a reader must know: limits, clocks, tenants, swap, TF32, and which runs count nowhere."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mlperf_tui.records import Clock
from mlperf_tui.report.ab.read import Reader
from mlperf_tui.report.ab.seen import Seen
from mlperf_tui.report.ab.warnings import warnings
from tests.report.ab import turning
from tests.report.ab.turning import Arm

ARMS = ("fp32", "amp-bf16")
QUIET: list[Arm] = [Arm("fp32", (400.0, 402.0)), Arm("amp-bf16", (1640.0, 1652.0), tensor=61.0)]


def seen_of(root: Path, arms: list[Arm]) -> list[Seen]:
    """All sessions of an experiment in turns."""
    folders = turning.experiment(root, arms).sessions()
    reader = Reader()
    origin = Clock(0, 0, "another", "")
    return [reader.seen(folder, origin, folders) for folder in folders]


def changed(seen: list[Seen], arm: str | None = None, **more: Any) -> list[Seen]:
    """With other conditions in one arm, or in all."""
    return [
        replace(one, conditions=replace(one.conditions, **more)) if arm in {None, one.process.arm} else one
        for one in seen
    ]


def test_a_quiet_machine_says_two_things(tmp_path: Path) -> None:
    """How it was measured, and which fp32 it was."""
    together, tf32 = warnings(seen_of(tmp_path, QUIET), ARMS)
    assert "resident together" in together
    assert "the process stays the unit of evidence" in together
    assert tf32 == "fp32: TF32 off"


def test_unlike_many_ranks_make_unlike_steps(tmp_path: Path) -> None:
    """What was given as the batch is each rank's; of arms with as many ranks nothing is said."""
    two = {"world": 2}
    seen = [
        replace(one, summary=replace(one.summary, about={**(one.summary.about or {}), **two}))
        if one.process.arm == ARMS[1]
        else one
        for one in seen_of(tmp_path, QUIET)
    ]
    [said] = [text for text in warnings(seen, ARMS) if text.startswith("samples of a step")]
    assert "32 in fp32, 64 in amp-bf16;" in said


def test_tf32_that_is_on_is_said(tmp_path: Path) -> None:
    """It is not what one thinks of as fp32."""
    arms = [replace(QUIET[0], about={"tf32": {"matmul": False, "conv": True}}), QUIET[1]]
    assert "fp32: TF32 on (conv)" in warnings(seen_of(tmp_path, arms), ARMS)


def test_arms_of_the_same_fp32_are_named_together(tmp_path: Path) -> None:
    """On a CPU there is no TF32, and nothing to say."""
    plan = {"precision": "fp32"}
    about = {"precision": "fp32"}
    arms = [replace(arm, name=name, about=about, plan=plan) for arm, name in zip(QUIET, ("16", "32"), strict=True)]
    assert "16 and 32: TF32 off" in warnings(seen_of(tmp_path, arms), ("16", "32"))
    folders = turning.experiment(tmp_path / "cpu", arms, gpu=False).sessions()
    seen = [Reader().seen(folder, None, folders) for folder in folders]
    assert not any("TF32" in text for text in warnings(seen, ("16", "32")))


def test_a_clock_that_was_held_back(tmp_path: Path) -> None:
    """By its power limit; and it differs between the arms."""
    arms = [QUIET[0], replace(QUIET[1], limits="power", clock_mhz=1755.0)]
    found = warnings(seen_of(tmp_path, arms), ARMS)
    assert "its power limit held the clock of amp-bf16 back for 12 of 12 s" in found
    assert "the GPU's clock differs: fp32 1,980 MHz, amp-bf16 1,755 MHz" in found


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"limited_thermal": 0.01}, "heat held the clock of amp-bf16 back"),
        ({"limited_power": 0.06}, "its power limit held the clock of amp-bf16 back"),
        ({"clock_mhz": 1930.0}, "the GPU's clock differs"),
        ({"other_cores": 9.0}, "others took 4.7 of the host's 16 processors"),
        ({"held_bytes": float(3 << 30)}, "others held 3.0 GiB of a GPU's memory"),
        ({"swapped_bytes": float(2 << 20)}, "the host swapped 4 MiB in and out"),
    ],
)
def test_each_limit_once_it_is_passed(tmp_path: Path, more: dict[str, float], said: str) -> None:
    """In one arm alone."""
    seen = seen_of(tmp_path, QUIET)
    assert len(warnings(changed(seen, "amp-bf16", **dict.fromkeys(more, 0.0)), ARMS)) == 2
    assert any(text.startswith(said) for text in warnings(changed(seen, "amp-bf16", **more), ARMS))


def test_a_host_that_swaps_while_it_is_measured(tmp_path: Path) -> None:
    """What it swaps between the windows, while processes start, is nobody's harm."""
    assert all(one.conditions.swapped_bytes == 0 for one in seen_of(tmp_path / "quiet", QUIET))
    seen = seen_of(tmp_path, [QUIET[0], replace(QUIET[1], swaps=1 << 20)])
    told = {one.process.arm: one.conditions.swapped_bytes for one in seen}
    assert told["fp32"] == 0
    assert told["amp-bf16"] == pytest.approx(5 << 20, abs=2 << 20)
    [said] = [text for text in warnings(seen, ARMS) if "swapped" in text]
    assert said.startswith("the host swapped ")


def test_what_the_other_arm_does_while_it_waits_is_no_tenant(tmp_path: Path) -> None:
    """Of 2.0 cores the run takes 1.5 and the one that waits 0.1."""
    for one in seen_of(tmp_path, QUIET):
        assert one.conditions.other_cores == pytest.approx(2.0 - 1.5 - 0.1)
        assert one.conditions.cpus == 16


def test_one_that_counts_nowhere_is_named_with_the_reason(tmp_path: Path) -> None:
    """And another host is."""
    seen = seen_of(tmp_path, [replace(QUIET[0], status="failed"), QUIET[1]])
    named = [text for text in warnings(seen, ARMS) if "counts nowhere" in text]
    assert len(named) == 2
    assert named[0] == f"{seen[0].process.session} counts nowhere: failed (stopped by the runner)"


def test_several_hosts_are_named(tmp_path: Path) -> None:
    """A host name alone refuses nothing."""
    seen = seen_of(tmp_path, QUIET)
    session = replace(seen[0].summary.session, host="another")
    seen[0] = replace(seen[0], summary=replace(seen[0].summary, session=session))
    assert "several hosts: another and generated for fp32, generated for amp-bf16" in warnings(seen, ARMS)


def test_apart_they_were_not_together(tmp_path: Path) -> None:
    """Where each process had the machine to itself."""
    seen = [one for one in seen_of(tmp_path, QUIET) if one.process.arm == "fp32" or one.process.pair == 2]
    later = [
        replace(
            one, process=replace(one.process, windows=tuple(replace(w, at_s=w.at_s + 100) for w in one.process.windows))
        )
        if one.process.arm == "fp32"
        else one
        for one in seen
    ]
    assert not any("resident" in text for text in warnings(later, ARMS))
