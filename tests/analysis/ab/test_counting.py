"""Which processes count: none that shared its time, and of those that were repeated the last one."""

from __future__ import annotations

from dataclasses import replace

from mlperf_tui.analysis.ab.conclude import conclude
from mlperf_tui.analysis.ab.counting import uncounted
from mlperf_tui.analysis.ab.evidence import Process
from tests.analysis.ab.processes import process


def _alone(arm: str, pair: int, since: float, until: float, *, session: str = "", usable: bool = True) -> Process:
    made = process(arm, pair, usable=usable, spans=((since, until),))
    return replace(made, session=session or made.session)


def test_one_after_the_other_all_count() -> None:
    """A recorder may still be about to end when the next process starts."""
    ends = [_alone("a", 1, 0, 30.2), _alone("b", 1, 30, 60), _alone("b", 2, 60, 90), _alone("a", 2, 90, 120)]
    assert uncounted(ends) == {}


def test_two_that_ran_at_once_count_both_nowhere() -> None:
    """The first lost its runner and went on beside the one that was started in its place: seen in an experiment."""
    orphan = _alone("a", 3, 100, 140, session="s-orphan")
    again, other = _alone("a", 3, 115, 155), _alone("b", 3, 156, 190)
    assert uncounted([orphan, again, other]) == {
        "s-orphan": "it shared its time with s-a-3",
        "s-a-3": "it shared its time with s-orphan",
    }


def test_one_beside_another_that_failed_counts_nowhere() -> None:
    """The other took its share of the machine, whatever became of it; it has no second reason."""
    failed = _alone("a", 1, 0, 40, session="s-failed", usable=False)
    assert uncounted([failed, _alone("a", 1, 20, 60)]) == {"s-a-1": "it shared its time with s-failed"}


def test_turns_are_spans_of_their_own() -> None:
    """Processes of a pair are there together, and are measured A B B A."""
    a = replace(process("a", 1), spans=((10, 14), (22, 26)))
    b = replace(process("b", 1), spans=((14, 18), (18, 22)))
    assert uncounted([a, b]) == {}
    assert uncounted([a, replace(b, spans=((14, 18), (20, 24)))]).keys() == {"s-a-1", "s-b-1"}


def test_of_one_that_was_repeated_the_last_counts() -> None:
    """The one before ended well, alone; a later one that failed takes nothing away from it."""
    first, again = _alone("a", 1, 0, 10, session="s-first"), _alone("a", 1, 20, 30)
    failed = _alone("a", 1, 40, 50, session="s-failed", usable=False)
    assert uncounted([first, again, failed]) == {"s-first": "it was run again as s-a-1"}


def test_the_answer_says_on_which_it_rests() -> None:
    """Those of whole pairs: a process whose other arm is still to come is usable, and doesn't count yet."""
    processes = [process(arm, pair) for pair in (1, 2) for arm in "ab"] + [process("a", 3)]
    found = conclude("x", ("a", "b"), 0.02, 20, processes)
    assert [found.counts(one) for one in found.processes] == [True] * 4 + [False]
