"""The cursor in time, and what the keys ask of it: the newest wish wins, and nothing queues."""

from __future__ import annotations

import threading
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlperf_tui.viewer.cursor import Cursor, Wish, Wishes

S = 1_000_000_000
MOMENTS = st.one_of(st.none(), st.integers(-5, 120))
MOVES = st.lists(
    st.one_of(
        st.tuples(st.just("look"), MOMENTS),
        st.tuples(st.just("play"), st.sampled_from([0.0, 1.0, 30.0, 100.0])),
        st.tuples(st.just("pass"), st.integers(0, 20)),
    ),
    max_size=12,
)


@given(MOVES, st.booleans())
def test_it_never_leaves_what_there_is(moves: list[tuple[str, float | None]], ended: bool) -> None:
    """Whatever is asked: it stands between both ends, or follows what happens, and then it doesn't move."""
    cursor = Cursor()
    for what, value in moves:
        match what:
            case "look":
                cursor.look(None if value is None else int(value), 10, 100, ended=ended)
            case "play":
                cursor.play(value or 0.0, 100)
            case _:
                cursor.pass_by(int(value or 0), 100, ended=ended)
        assert cursor.t is None or 10 <= cursor.t <= 100
        assert cursor.t is not None or cursor.speed == 0


def test_it_moves_at_its_speed() -> None:
    """Two seconds at ten times real time."""
    cursor = Cursor()
    cursor.look(5 * S, 0, 100 * S, ended=False)
    cursor.pass_by(2 * S, 100 * S, ended=False)
    assert cursor.t == 5 * S
    cursor.play(10, 100 * S)
    cursor.pass_by(2 * S, 100 * S, ended=False)
    assert (cursor.t, cursor.speed) == (25 * S, 10)


@pytest.mark.parametrize(("ended", "t"), [(True, 100 * S), (False, None)])
def test_at_the_end(ended: bool, t: int | None) -> None:
    """Of a session that has ended it stands still; what goes on is followed."""
    cursor = Cursor(95 * S, 10)
    cursor.pass_by(S, 100 * S, ended=ended)
    assert (cursor.t, cursor.speed) == (t, 0)


def test_a_jump_while_it_plays_plays_on() -> None:
    """But whoever goes live has stopped playing."""
    cursor = Cursor(50, 10)
    cursor.look(20, 0, 100, ended=False)
    assert (cursor.t, cursor.speed) == (20, 10)
    cursor.look(None, 0, 100, ended=False)
    assert (cursor.t, cursor.speed) == (None, 0)


def test_the_newest_wish_wins() -> None:
    """A place and a speed go together; to go live undoes the speed that was asked for before."""
    wishes = Wishes()
    for t in range(50):
        wishes.look(t)
    wishes.play(5)
    assert wishes.take() == Wish(looks=True, t=49, speed=5)
    assert wishes.take() == Wish()
    wishes.play(0)
    wishes.look(None)
    assert wishes.take() == Wish(looks=True)


def test_a_wish_ends_the_wait() -> None:
    """As does the end of the viewer, or the time that was waited for."""
    wishes = Wishes()
    far = time.monotonic() + 1000
    wishes.wait(time.monotonic() - 1)
    wishes.look(3)
    wishes.wait(far)
    wishes.take()
    thread = threading.Thread(target=wishes.wait, args=(far,), daemon=True)
    thread.start()
    wishes.leave()
    thread.join(10)
    assert not thread.is_alive()
    wishes.take()
    wishes.wait(far)
