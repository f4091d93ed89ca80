"""What is shown in which order, where the cursor stands, and what is marked."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlperf_tui.report.listed import Listed
from mlperf_tui.viewer.sessions.model import REMOVING, SORTS, STOPPING, Picture, View, shown, stoppable, underway
from tests.viewer.sessions.list_of import MIXED, SETTLED, UNSURE, experiment, many, runs_of, session

NUMBERS = st.none() | st.floats(0, 1e12)
ROWS = st.lists(
    st.builds(
        Listed,
        st.uuids().map(str),
        st.sampled_from(["running", "finished", "failed"]),
        name=st.none() | st.text(max_size=5),
        workload=st.text(max_size=5),
        rate=NUMBERS,
        started_s=NUMBERS,
        size_bytes=st.none() | st.integers(0, 1 << 40),
        experiment=st.none() | st.sampled_from(["e-0", "e-1", "gone"]),
        pair=st.none() | st.integers(1, 3),
    ),
    max_size=20,
).map(tuple)
EXPERIMENTS = st.sets(st.sampled_from(["e-0", "e-1", "e-2"])).map(
    lambda ids: tuple(Listed(known, "finished", runs=0) for known in sorted(ids))
)


@settings(deadline=None)
@given(ROWS, EXPERIMENTS, st.sampled_from(list(SORTS)))
def test_every_order_shows_every_session_once(
    sessions: tuple[Listed, ...], experiments: tuple[Listed, ...], sort: str
) -> None:
    """However little is known of them; and the same order each time."""
    rows = sessions + experiments
    found = shown(rows, View(sort=sort, unfolded=True))
    assert sorted(row.id for row in found) == sorted(row.id for row in rows)
    assert shown(rows[::-1], View(sort=sort, unfolded=True)) == found


@settings(deadline=None)
@given(ROWS, EXPERIMENTS, st.sampled_from(list(SORTS)))
def test_runs_stand_under_their_experiment_or_nowhere(
    sessions: tuple[Listed, ...], experiments: tuple[Listed, ...], sort: str
) -> None:
    """Folding takes out the runs of experiments that are there, and moves no other row."""
    rows = sessions + experiments
    known = {row.id for row in experiments}
    above = None
    for row in shown(rows, View(sort=sort, unfolded=True)):
        if row.experiment in known:
            assert row.experiment == above
        else:
            above = row.id
    folded = [row for row in shown(rows, View(sort=sort, unfolded=True)) if row.experiment not in known]
    assert list(shown(rows, View(sort=sort))) == folded


@settings(deadline=None)
@given(ROWS, st.integers(-5, 50), st.integers(-5, 50))
def test_the_cursor_is_on_a_row_as_long_as_there_is_one(rows: tuple[Listed, ...], index: int, keep: int) -> None:
    """Also after rows went away."""
    view = View().pointing(rows, index)
    left = rows[: max(0, keep)]
    assert (Picture(view, left).current is None) == (not left)
    assert Picture(view, rows).index == max(0, min(index, len(rows) - 1))


def test_all_words_must_be_there() -> None:
    """In name, workload, status, precision or id, in any case."""
    rows = (session(1, "failed"), session(2, "failed", workload="bert"), session(3))
    assert shown(rows, View(wanted="BERT fail")) == (rows[1],)
    assert shown(rows, View(wanted="run-3")) == (rows[2],)
    assert shown(rows, View(wanted="")) == rows


def test_marks_keep_their_order() -> None:
    """The first marked one is the left one; a second time takes the mark off."""
    view = View().toggled("b").toggled("a").toggled("c").toggled("a")
    assert view.marked == ("b", "c")


def test_what_is_being_done_is_told() -> None:
    """Stopping until it has ended, removing until it is gone, and then not at all."""
    rows = (session(0, "running"), session(1, "stopped"), *many(4)[2:])
    busy = {rows[0].id: STOPPING, rows[1].id: STOPPING, rows[2].id: REMOVING}
    assert [row.status for row in underway(rows, busy, {rows[3].id})] == [STOPPING, "stopped", REMOVING]


def test_what_can_be_stopped() -> None:
    """What lives and is not stopping already."""
    assert stoppable(session(0, "running-unrecorded"), ())
    assert not any(stoppable(session(0, word), ()) for word in ("stopping", "finished", "elsewhere", "unreadable"))
    assert not stoppable(None, ())


@pytest.mark.parametrize(
    ("word", "run", "can"),
    [
        ("interrupted", "running", True),
        ("interrupted", "stopping", False),
        ("interrupted", "stopped", False),
        ("stopping", "running", False),
        ("running", "finished", True),
    ],
)
def test_runs_that_a_killed_runner_left_can_be_stopped_by_its_experiment(word: str, run: str, can: bool) -> None:
    """And only those of its own; until they have ended it reads stopping."""
    one, other = experiment(7, word), experiment(8, word)
    left = dataclasses.replace(runs_of(one)[0], status=run)
    assert stoppable(one, (one, left)) is can
    assert stoppable(one, (one, dataclasses.replace(left, experiment=other.id))) is (word == "running")
    [told, _] = underway((one, left), {one.id: STOPPING}, set())
    assert told.status == (STOPPING if can else word)


def test_an_experiment_is_there_for_any_run_that_is_wanted() -> None:
    """Where its runs are shown; they are found by its id too."""
    found = shown(MIXED, View(wanted="s-20261124-000006 stopped fp32", unfolded=True))
    assert [row.id for row in found] == [SETTLED.id, *(f"s{SETTLED.id[1:]}-{place}" for place in ("1a", "2a"))]
    assert shown(MIXED, View(wanted="s-20261124-000006 stopped fp32")) == ()
    assert len(shown(MIXED, View(wanted=SETTLED.id, unfolded=True))) == 1 + len(runs_of(SETTLED))
    assert shown(MIXED, View(wanted="batch")) == (UNSURE,)
