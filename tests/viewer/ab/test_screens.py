"""The screen of an experiment as pictures: compared with those that a person has looked at."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from textual.pilot import Pilot

from mlperf_tui.viewer.ab.arms import Arms
from mlperf_tui.viewer.ab.happened import Runs, Stages
from mlperf_tui.viewer.ab.losses import Losses
from mlperf_tui.viewer.ab.pane import AbPane
from mlperf_tui.viewer.ab.picture import Picture
from mlperf_tui.viewer.ab.ratio import Ratio
from mlperf_tui.viewer.ab.verdict import Verdict
from tests.viewer.ab.made import (
    a_against_a,
    ab_of,
    cannot_tell,
    eight_gpus,
    failed,
    faster,
    first_pair,
    nothing_yet,
    ready,
    refused,
    tells_nothing,
    three_arms,
)

SIZES = [(80, 24), (120, 36), (160, 48)]
Compare = Callable[..., bool]
Make = Callable[[], Picture]
of_each_size = pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
STATES = [first_pair, faster, cannot_tell, refused, failed, a_against_a, three_arms]


@of_each_size
@pytest.mark.parametrize("state", STATES, ids=lambda state: state.__name__)
def test_an_experiment(snap_compare: Compare, state: Make, size: tuple[int, int]) -> None:
    """In every state that it can be in."""
    assert snap_compare(ab_of(state()), run_before=ready, terminal_size=size)


@pytest.mark.parametrize("state", [nothing_yet, tells_nothing], ids=lambda state: state.__name__)
def test_what_knows_little(snap_compare: Compare, state: Make) -> None:
    """Before the first process, and with an interval that says nothing."""
    assert snap_compare(ab_of(state()), run_before=ready, terminal_size=(80, 24))


@pytest.mark.parametrize("size", [(20, 6), (30, 30), (40, 10), (80, 50)], ids=lambda size: f"{size[0]}x{size[1]}")
def test_an_odd_terminal(snap_compare: Compare, size: tuple[int, int]) -> None:
    """What doesn't fit is left out whole; where there is room below, runs and events stand there."""
    assert snap_compare(ab_of(faster("running")), run_before=ready, terminal_size=size)


def test_without_a_gpu(snap_compare: Compare) -> None:
    """No row for what nothing can know."""
    assert snap_compare(ab_of(faster(of_gpu=False)), run_before=ready, terminal_size=(80, 24))


def test_on_eight_gpus(snap_compare: Compare) -> None:
    """One more row."""
    assert snap_compare(ab_of(eight_gpus()), run_before=ready, terminal_size=(160, 48))


def test_more_arms_than_columns(snap_compare: Compare) -> None:
    """As many as fit, and a note."""
    assert snap_compare(ab_of(three_arms(6)), run_before=ready, terminal_size=(80, 24))


@pytest.mark.parametrize("pane", [Verdict, Ratio, Arms, Losses, Runs, Stages], ids=lambda pane: pane.__name__)
def test_an_enlarged_pane(snap_compare: Compare, pane: type[AbPane]) -> None:
    """All that it has, and where it comes from."""
    app = ab_of(faster("running"))

    async def enlarge(pilot: Pilot[bool]) -> None:
        await ready(pilot)
        app.main.query_one(pane).focus()
        await pilot.press("enter")
        await pilot.pause()

    assert snap_compare(app, run_before=enlarge, terminal_size=(120, 36))


@of_each_size
def test_ascii(snap_compare: Compare, size: tuple[int, int]) -> None:
    """Where the locale is not UTF-8."""
    assert snap_compare(ab_of(faster("running"), ascii_only=True), run_before=ready, terminal_size=size)


def test_without_colour(snap_compare: Compare, monkeypatch: pytest.MonkeyPatch) -> None:
    """NO_COLOR: letters still tell the curves apart."""
    monkeypatch.setenv("NO_COLOR", "1")
    assert snap_compare(ab_of(faster("running")), run_before=ready, terminal_size=(120, 36))


def test_help(snap_compare: Compare) -> None:
    """All keys."""
    assert snap_compare(ab_of(faster("running")), press=["question_mark"], run_before=ready, terminal_size=(80, 36))


def test_the_stop_question(snap_compare: Compare) -> None:
    """What will happen, before it does."""
    assert snap_compare(ab_of(faster("running")), press=["S"], run_before=ready, terminal_size=(80, 24))
