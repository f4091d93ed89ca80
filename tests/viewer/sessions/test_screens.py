"""The sessions screen as pictures: compared with those that a person has looked at."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from mlperf_tui.viewer.sessions.model import View
from tests.viewer.sessions.list_of import FEW, MIXED, SETTLED, list_of, many, ready, runs_of

SIZES = [(40, 10), (80, 24), (120, 36), (160, 48), (200, 60)]
Compare = Callable[..., bool]


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def test_sessions_of_every_kind(snap_compare: Compare, size: tuple[int, int]) -> None:
    """Running, ended in each way, unreadable; two marked."""
    view = View(cursor=FEW[2].id, marked=(FEW[5].id, FEW[1].id))
    assert snap_compare(list_of(*FEW, view=view), run_before=ready, terminal_size=size)


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def test_experiments(snap_compare: Compare, size: tuple[int, int]) -> None:
    """A line each, without their runs: the arms, the ratio, and a word where that proves nothing."""
    assert snap_compare(list_of(*MIXED, view=View(cursor=SETTLED.id)), run_before=ready, terminal_size=size)


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def test_experiments_unfolded(snap_compare: Compare, size: tuple[int, int]) -> None:
    """Each with its runs under it."""
    view = View(cursor=runs_of(SETTLED)[1].id, unfolded=True)
    assert snap_compare(list_of(*MIXED, view=view), run_before=ready, terminal_size=size)


def test_experiments_in_ascii(snap_compare: Compare) -> None:
    """The branches too."""
    app = list_of(*MIXED, view=View(unfolded=True), ascii_only=True)
    assert snap_compare(app, run_before=ready, terminal_size=(80, 24))


def test_the_question_before_deleting_an_experiment(snap_compare: Compare) -> None:
    """It says what goes with it."""
    view = View(cursor=SETTLED.id, marked=(SETTLED.id, FEW[1].id))
    assert snap_compare(list_of(*MIXED, view=view), press=["D"], run_before=ready, terminal_size=(80, 24))


def test_three_hundred_scrolled(snap_compare: Compare) -> None:
    """A page further down."""
    assert snap_compare(list_of(*many(300)), press=["pagedown", "down"], run_before=ready, terminal_size=(80, 24))


def test_an_empty_list(snap_compare: Compare) -> None:
    """A sentence that says what to do."""
    assert snap_compare(list_of(), run_before=ready, terminal_size=(80, 24))


@pytest.mark.parametrize("size", SIZES[:3], ids=lambda size: f"{size[0]}x{size[1]}")
def test_side_by_side(snap_compare: Compare, size: tuple[int, int]) -> None:
    """What differs, and the numbers with their ratios."""
    app = list_of(*many(2))
    keys = ["space", "down", "space", "equals_sign"]
    assert snap_compare(app, press=keys, run_before=ready, terminal_size=size)


def test_the_question_before_deleting(snap_compare: Compare) -> None:
    """With names and size."""
    keys = ["space", "down", "space", "D"]
    assert snap_compare(list_of(*many(9)), press=keys, run_before=ready, terminal_size=(80, 24))


def test_a_name_is_typed(snap_compare: Compare) -> None:
    """In a line of its own above the keys that count now."""
    assert snap_compare(list_of(*many(9)), press=["R", "x"], run_before=ready, terminal_size=(80, 24))


def test_help(snap_compare: Compare) -> None:
    """All keys."""
    assert snap_compare(list_of(*FEW), press=["question_mark"], run_before=ready, terminal_size=(80, 36))


def test_ascii(snap_compare: Compare) -> None:
    """Where the locale is not UTF-8."""
    view = View(marked=(FEW[5].id,))
    assert snap_compare(list_of(*FEW, view=view, ascii_only=True), run_before=ready, terminal_size=(120, 36))


def test_help_in_ascii(snap_compare: Compare) -> None:
    """No arrow and no box that the terminal lacks."""
    app = list_of(*FEW, ascii_only=True)
    assert snap_compare(app, press=["question_mark"], run_before=ready, terminal_size=(80, 36))


def test_without_colour(snap_compare: Compare, monkeypatch: pytest.MonkeyPatch) -> None:
    """NO_COLOR: nothing is lost with it."""
    monkeypatch.setenv("NO_COLOR", "1")
    assert snap_compare(list_of(*FEW), run_before=ready, terminal_size=(120, 36))
