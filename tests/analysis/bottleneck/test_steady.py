"""On a screen, a verdict stays until another one has held for a while."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from mlperf_tui.analysis.bottleneck import Evidence, Steady
from mlperf_tui.analysis.bottleneck.evidence import COMPUTE, HOST, INPUT, MEMORY, UNKNOWN
from mlperf_tui.analysis.bottleneck.steady import DWELL_NS
from tests.analysis.bottleneck.test_judge import AMP, CPU, EIGHT, FP32, NO_GPM, TINY

S = 1_000_000_000
GONE = Evidence(on_gpu=True)
WAITS = replace(AMP, data_wait_share=0.6, busy_pct=40)


def _see(steady: Steady, start: int, stop: int, evidence: Evidence) -> list[str]:
    return [steady.see(second * S, evidence).value for second in range(start, stop)]


def test_the_first_is_believed_at_once() -> None:
    """A viewer that opens need not wait."""
    assert _see(Steady(), 0, 1, AMP) == [MEMORY]


def test_another_one_must_hold_for_five_seconds() -> None:
    """Its numbers are shown from then on; until then, the last ones of what stands."""
    steady = Steady()
    _see(steady, 0, 10, AMP)
    assert _see(steady, 10, 17, WAITS) == [MEMORY] * 5 + [INPUT] * 2


def test_a_short_change_shows_nowhere() -> None:
    """A checkpoint, a slow batch."""
    steady = Steady()
    _see(steady, 0, 10, AMP)
    assert set(_see(steady, 10, 14, WAITS) + _see(steady, 14, 16, AMP) + _see(steady, 16, 20, WAITS)) == {MEMORY}


def test_the_same_verdict_shows_new_numbers() -> None:
    """Only the word is held."""
    steady = Steady()
    steady.see(0, AMP)
    assert steady.see(S, replace(AMP, dram_pct=58)).evidence[0] == "DRAM 58 %"


def test_unknown_appears_once_readings_are_missing_for_ten_seconds() -> None:
    """Not sooner, and then at once."""
    steady = Steady()
    _see(steady, 0, 10, AMP)
    assert _see(steady, 10, 22, GONE) == [MEMORY] * 10 + [UNKNOWN] * 2


def test_before_anything_is_known_it_is_too_early() -> None:
    """It says so for ten seconds and then what is missing; the first verdict is believed at once."""
    steady = Steady()
    assert steady.see(0, GONE).evidence == ("too early to say",)
    assert steady.see(9 * S, GONE).advice == "Wait for the first readings and steps."
    assert steady.see(10 * S, GONE).evidence == ("nothing is known of its GPUs or steps",)
    begun = Steady()
    assert begun.see(0, replace(CPU, data_wait_share=None, run_cpu_cores=0.1)).evidence == ("too early to say",)
    assert begun.see(S, CPU).value == COMPUTE


def test_unknown_never_stands_against_a_verdict() -> None:
    """A loop whose first readings say nothing: the screen doesn't go on saying so once something is known."""
    steady = Steady()
    silent = replace(AMP, data_wait_share=None, busy_pct=0, sm_pct=0, tensor_pct=0, dram_pct=0)
    assert _see(steady, 0, 14, silent)[-1] == UNKNOWN
    assert _see(steady, 14, 15, WAITS) == [INPUT]
    assert _see(steady, 15, 18, silent) == [INPUT] * 3


def test_when_nothing_holds_for_long_the_old_one_gives_way_too() -> None:
    """After three times as long; it is not shown for ever."""
    steady = Steady()
    _see(steady, 0, 10, FP32)
    for second in range(10, 26):
        last = steady.see(second * S, (WAITS, TINY)[second % 2]).value
    assert last in {INPUT, HOST}


def test_a_leap_in_time_begins_anew() -> None:
    """Looking back: what stood there says nothing here."""
    steady = Steady()
    _see(steady, 100, 110, AMP)
    assert _see(steady, 40, 41, WAITS) == [INPUT]
    assert _see(steady, 90, 91, FP32) == [COMPUTE]


@given(st.lists(st.tuples(st.sampled_from([AMP, FP32, WAITS, TINY, NO_GPM, EIGHT, CPU, GONE]), st.integers(1, 3))))
@settings(deadline=None)
def test_it_never_changes_more_often_than_its_dwell(seen: list[tuple[Evidence, int]]) -> None:
    """Whatever comes; only that readings are missing shows at once, and what follows when it was too early to say."""
    steady, t, changed_t, shown = Steady(), 0, -DWELL_NS, ""
    for evidence, seconds in seen:
        t += seconds * S
        value = steady.see(t, evidence).value
        if value != shown:
            assert t - changed_t >= DWELL_NS or evidence.is_missing or shown == UNKNOWN
            changed_t, shown = t, value
