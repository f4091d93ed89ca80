"""What the keys of the sessions screen do to experiments and their runs."""

from __future__ import annotations

import dataclasses

from mlperf_tui.viewer.sessions.model import View
from mlperf_tui.viewer.sessions.screens import CompareScreen, RemoveScreen
from tests.viewer.sessions.list_of import FEW, MIXED, SETTLED, UNSURE, Done, list_of, press, ready, runs_of, text_of
from tests.viewer.sessions.test_keys import SIZE, chosen


async def test_a_shows_the_runs_of_experiments_or_hides_them() -> None:
    """The first line counts what can be seen; from a run the cursor goes to its experiment."""
    app = list_of(*MIXED, view=View(cursor=UNSURE.id))
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot)
        assert "3 sessions and 2 experiments · 2 running" in text_of(app)
        assert "a runs" in text_of(app)
        await press(pilot, "a")
        assert "11 sessions and 2 experiments · 2 running" in text_of(app)
        assert chosen(app) == UNSURE.id
        await press(pilot, "down", "down", "down")
        assert chosen(app) == f"s{UNSURE.id[1:]}-2b"
        assert f"pair 2 of {UNSURE.id}" in text_of(app)
        assert "▸ └ ■ stopped      2 amp-b›" in text_of(app)
        await press(pilot, "a")
        assert chosen(app) == UNSURE.id
        assert "└" not in text_of(app)


async def test_a_without_experiments_is_no_key() -> None:
    """Nor is it in the last line."""
    app = list_of(*FEW)
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot)
        await press(pilot, "a")
        assert not app.list.view.unfolded
        assert "a runs" not in text_of(app)


async def test_folding_leaves_the_cursor_on_a_session_alone() -> None:
    """Also on a run whose experiment is gone."""
    lost = dataclasses.replace(runs_of(SETTLED)[0], experiment="e-gone")
    app = list_of(UNSURE, lost, *FEW, view=View(cursor=lost.id, unfolded=True))
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot)
        await press(pilot, "a")
        assert chosen(app) == lost.id


async def test_an_experiment_is_opened_stopped_and_renamed() -> None:
    """Like a session, by its own id."""
    done = Done()
    app = list_of(*MIXED, done=done, view=View(cursor=UNSURE.id))
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot)
        await press(pilot, "R", *"ab", "enter", "S", "y")
        await ready(pilot)
        assert done.deeds == [("rename", UNSURE.id, "ab"), ("stop", UNSURE.id)]
        assert "○ stopping     ab" in text_of(app)
        await press(pilot, "enter")
    assert app.return_value is not None
    assert app.return_value.open == UNSURE.id


async def test_an_experiment_is_removed_with_its_runs() -> None:
    """None of them stays behind on the screen, marked or not."""
    done = Done()
    marked = (SETTLED.id, FEW[1].id)
    app = list_of(*MIXED, done=done, view=View(cursor=SETTLED.id, marked=marked, unfolded=True))
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot)
        await press(pilot, "D")
        assert "Delete 1 session and 1 experiment for good?" in text_of(app)
        assert "with 4 sessions" in text_of(app)
        await press(pilot, "y")
        await ready(pilot)
        assert sorted(done.deeds) == [("remove", SETTLED.id), ("remove", FEW[1].id)]
        assert "deleted 1 session and 1 experiment: 2.0 GiB freed" in text_of(app)
        assert not any(row.experiment == SETTLED.id for row in app.list.picture.rows)
        assert "6 sessions and 1 experiment" in text_of(app)


async def test_a_run_is_not_removed_alone() -> None:
    """It has ended, and yet nothing is asked: the sentence is the deeds' own."""
    done = Done()
    run = runs_of(SETTLED)[0]
    app = list_of(*MIXED, done=done, view=View(cursor=run.id, unfolded=True))
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot)
        await press(pilot, "D")
        assert not isinstance(app.screen, RemoveScreen)
        assert f"{run.id} runs: stop it first" in text_of(app)


async def test_an_experiment_is_not_compared() -> None:
    """One sentence says what to do instead; two of its runs are compared like any sessions."""
    done = Done()
    app = list_of(*MIXED, done=done, view=View(marked=(FEW[1].id, SETTLED.id)))
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot)
        await press(pilot, "equals_sign")
        assert not isinstance(app.screen, CompareScreen)
        assert f"{SETTLED.id} is an experiment, which holds its own arms side by side: open it" in text_of(app)
    pair = tuple(run.id for run in runs_of(SETTLED)[:2])
    app = list_of(*MIXED, done=done, view=View(marked=pair, unfolded=True))
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot)
        await press(pilot, "equals_sign")
        await ready(pilot)
    assert done.deeds == [("compare", *pair)]
