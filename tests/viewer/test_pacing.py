"""When a frame may go: one at a time to a terminal that answers, by time to one that does not."""

from __future__ import annotations

from collections import deque

from hypothesis import given, settings
from hypothesis import strategies as st

from mlperf_tui.viewer.pacing import DEAF_AFTER_S, DEAF_PERIOD_S, LOST_AFTER_S, SLOWEST_BYTES_PER_S, Pacing


def begun(now_s: float = 0.0, *, hears: bool = True) -> Pacing:
    """A terminal that has answered the first question, or not yet."""
    pacing = Pacing()
    pacing.begin(now_s)
    if hears:
        pacing.answered()
    return pacing


def test_the_first_frame_waits_for_nothing() -> None:
    """Nor for the answer to the question that went ahead of it."""
    assert begun(hears=False).wait_s(0.0) == 0


def test_the_next_frame_waits_for_the_answer() -> None:
    """And goes as soon as it is there."""
    pacing = begun()
    assert pacing.sent(1.0, 100)
    assert pacing.wait_s(1.1) > 0
    pacing.answered()
    assert pacing.wait_s(1.2) == 0


def test_a_terminal_that_never_answers_is_paced_by_time() -> None:
    """It is asked no more, and gets so many frames a second; nobody waits for its answers."""
    pacing = begun(hears=False)
    assert pacing.sent(0.0, 100)
    assert pacing.wait_s(0.5) == DEAF_AFTER_S - 0.5
    assert pacing.wait_s(DEAF_AFTER_S) == 0
    assert not pacing.sent(DEAF_AFTER_S, 100)
    assert pacing.wait_s(DEAF_AFTER_S) == DEAF_PERIOD_S
    assert not pacing.expects(DEAF_AFTER_S)


def test_an_answer_that_comes_late_is_believed() -> None:
    """The link is slow, not deaf: from then on it is asked again."""
    pacing = begun(hears=False)
    pacing.sent(0.0, 100)
    pacing.sent(DEAF_AFTER_S, 100)
    pacing.answered()
    assert pacing.sent(DEAF_AFTER_S + 1, 100)
    assert pacing.wait_s(DEAF_AFTER_S + 2) > 0


def test_a_big_frame_may_take_its_time() -> None:
    """An answer is given up only when a very slow link would have brought it."""
    pacing = begun()
    pacing.sent(0.0, 100 * SLOWEST_BYTES_PER_S)
    assert pacing.wait_s(LOST_AFTER_S + 1) > 0
    assert pacing.wait_s(100.0) == 0


def test_after_an_outage_there_is_one_frame_in_flight_again() -> None:
    """Frames that were sent into it are answered all at once: only the last answer lets the next one go."""
    pacing = begun()
    for n in range(5):
        assert pacing.wait_s(n * LOST_AFTER_S) == 0
        pacing.sent(n * LOST_AFTER_S, 100)
    for _ in range(4):
        pacing.answered()
        assert pacing.wait_s(5 * LOST_AFTER_S - 1) > 0
    pacing.answered()
    assert pacing.wait_s(5 * LOST_AFTER_S - 1) == 0


def test_a_lost_answer_costs_a_wait_and_no_more() -> None:
    """The third frame after it is answered as if nothing had been."""
    pacing = begun()
    pacing.sent(0.0, 100)
    pacing.sent(LOST_AFTER_S, 100)
    pacing.answered()
    pacing.sent(2 * LOST_AFTER_S, 100)
    pacing.answered()
    assert pacing.wait_s(2 * LOST_AFTER_S) == 0


def test_what_is_expected_at_the_end() -> None:
    """An answer that is on its way, and nothing else."""
    pacing = begun()
    assert not pacing.expects(0.0)
    pacing.sent(0.0, 100)
    assert pacing.expects(1.0)
    pacing.answered()
    assert not pacing.expects(1.0)


@settings(deadline=None)
@given(st.lists(st.tuples(st.floats(0.001, 3.0), st.booleans()), max_size=60))
def test_never_two_in_flight(turns: list[tuple[float, bool]]) -> None:
    """Whatever the order of wishes and answers, a terminal that answers within patience has one frame to draw."""
    pacing, in_flight, now_s = begun(), deque[float](), 0.0
    for passed_s, answers in turns:
        now_s += passed_s
        if in_flight and (answers or now_s - in_flight[0] > LOST_AFTER_S - 3.0):
            in_flight.popleft()
            pacing.answered()
        if pacing.wait_s(now_s) == 0:
            assert pacing.sent(now_s, 100)
            in_flight.append(now_s)
        assert len(in_flight) == 1
