"""The arithmetic at the edge: shares, rates by difference, words."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlperf_tui.sampling.gpu.gpm import link_metrics
from mlperf_tui.sampling.gpu.links import total
from mlperf_tui.sampling.gpu.units import KIB, MIB, Count, Counter, bytes_per_s, from_milli, pcie_bytes_per_s, share
from mlperf_tui.sampling.gpu.words import cannot_start, limits_in_words, refusal_in_words, xid_in_words

counts = st.integers(min_value=0, max_value=2**63)
times_us = st.integers(min_value=1, max_value=10**13)


@settings(deadline=None)
@given(start=counts, delta=st.integers(min_value=0, max_value=2**40), at_us=times_us, passed_us=times_us)
def test_a_rate_is_what_was_added_over_the_drivers_time(start: int, delta: int, at_us: int, passed_us: int) -> None:
    """Whatever the counter stood at, to the rounding of a whole byte (and of a float)."""
    counter = Counter(KIB)
    assert counter.rate(Count(start, at_us, 0)) is None
    rate = counter.rate(Count(start + delta, at_us + passed_us, passed_us * 1000))
    assert rate is not None
    assert rate == pytest.approx(delta * KIB * 1e6 / passed_us, rel=1e-9, abs=0.51)


@settings(deadline=None)
@given(values=st.lists(counts, min_size=2, max_size=20), at_most=st.integers(min_value=1, max_value=2**62))
def test_a_rate_is_never_negative_nor_above_the_wire(values: list[int], at_most: int) -> None:
    """Through any resets."""
    counter = Counter(KIB, at_most)
    for second, value in enumerate(values):
        rate = counter.rate(Count(value, (second + 1) * 1_000_000, second * 1_000_000_000))
        assert rate is None or 0 <= rate <= at_most


@settings(deadline=None)
@given(before=counts, after=counts, later=st.integers(min_value=1, max_value=2**40))
def test_after_a_reset_rates_come_back(before: int, after: int, later: int) -> None:
    """The tick of the reset has none, the next one counts from the new start."""
    counter = Counter(1)
    counter.rate(Count(before + after + 1, 1_000_000, 0))
    assert counter.rate(Count(after, 2_000_000, 1_000_000_000)) is None
    assert counter.rate(Count(after + later, 3_000_000, 2_000_000_000)) == pytest.approx(later)


@settings(deadline=None)
@given(jump_us=st.integers(min_value=-(10**10), max_value=10**10).filter(lambda us: abs(us) > 500_000))
def test_a_jump_of_the_wall_clock_makes_no_rate(jump_us: int) -> None:
    """Somebody set the clock by more than half a tick: no value, rather than a wrong one."""
    counter = Counter(1)
    counter.rate(Count(0, 10**12, 0))
    assert counter.rate(Count(5_000, 10**12 + 1_000_000 + jump_us, 1_000_000_000)) is None
    assert counter.rate(Count(9_000, 10**12 + 2_000_000 + jump_us, 2_000_000_000)) == 4_000


def test_a_clock_set_back_to_the_last_reading_is_no_driver_that_waits() -> None:
    """The driver's time repeats to the microsecond while the counter moved on: start anew."""
    counter = Counter(1)
    counter.rate(Count(0, 10_000_000, 0))
    assert counter.rate(Count(5_000, 10_000_000, 1_000_000_000)) is None
    assert counter.rate(Count(9_000, 11_000_000, 2_000_000_000)) == 4_000


def test_a_clock_set_back_by_exactly_a_tick_doubles_no_rate() -> None:
    """Nothing moved meanwhile, so it looks like a driver that waits; the next rate would span half its time."""
    counter = Counter(1)
    counter.rate(Count(0, 10_000_000, 0))
    assert counter.rate(Count(0, 10_000_000, 1_000_000_000)) is None
    assert counter.rate(Count(9_000, 11_000_000, 2_000_000_000)) is None


def test_a_driver_with_nothing_new_is_waited_for() -> None:
    """The same time twice: no value, and the next one spans both ticks."""
    counter = Counter(1)
    counter.rate(Count(0, 1_000_000, 0))
    assert counter.rate(Count(0, 1_000_000, 1_000_000_000)) is None
    assert counter.rate(Count(8_000, 3_000_000, 2_000_000_000)) == 4_000


@settings(deadline=None)
@given(mib_s=st.floats(allow_nan=True, allow_infinity=True))
def test_a_rate_is_whole_bytes_or_nothing(mib_s: float) -> None:
    """Whatever a sensor says."""
    rate = bytes_per_s(mib_s, MIB)
    if math.isfinite(mib_s) and mib_s >= 0 and math.isfinite(mib_s * MIB):
        assert rate == round(mib_s * MIB)
    else:
        assert rate is None


@settings(deadline=None)
@given(percent=st.floats(allow_nan=True, allow_infinity=True))
def test_a_share_is_between_0_and_100_or_unknown(percent: float) -> None:
    """A sensor's 999 % is dropped, and never becomes a 0."""
    value = share(percent)
    assert (value is not None) == (0 <= percent <= 101)
    assert value is None or 0 <= value <= 100


def test_tenths() -> None:
    """Watts and percent to a tenth."""
    assert from_milli(698_449) == 698.4
    assert share(61.2499) == 61.2
    assert share(100.4) == 100.0


def test_a_total_needs_every_link() -> None:
    """One unknown link makes the total unknown."""
    assert total((1.0, 2.0)) == 3.0
    assert total((1.0, None)) is None
    assert total(()) is None


@pytest.mark.parametrize(
    ("bits", "words"),
    [(0, ""), (0x1, "idle"), (0x4, "power"), (0x88, "power+hw"), (0x48, "thermal+hw"), (0x24, "power+thermal"),
     (0x112, "app+sync+display"), (1 << 40, "")],
)  # fmt: skip
def test_limits_in_words(bits: int, words: str) -> None:
    """Each bit by its word, in one order."""
    assert limits_in_words(bits) == words


def test_other_errors_keep_the_drivers_words() -> None:
    """A code that we have no words for is said in the driver's, or by its number."""
    assert refusal_in_words(16, "GPU requires restart") == "GPU requires restart"
    assert refusal_in_words(77, "") == "the driver answered with error 77"
    assert cannot_start(17, "blocked") == "the NVIDIA driver's library cannot start: blocked"
    assert xid_in_words(0, 48) == "GPU 0: XID 48 (a memory error that could not be corrected)"


@pytest.mark.parametrize(
    ("link", "metrics"), [(0, (63, 62)), (17, (97, 96)), (18, (213, 212)), (35, (247, 246)), (36, (406, 405))]
)
def test_metrics_of_a_link(link: int, metrics: tuple[int, int]) -> None:
    """Sent and received, in the three blocks that NVML keeps them in."""
    assert link_metrics(link) == metrics


def test_what_a_slot_carries() -> None:
    """PCI-SIG's figures for 16 lanes; what isn't known of it is no number."""
    assert pcie_bytes_per_s(4, 16) == pytest.approx(31.5e9, rel=1e-3)
    assert pcie_bytes_per_s(5, 16) == pytest.approx(63.0e9, rel=1e-3)
    assert [pcie_bytes_per_s(*known) for known in ((None, 16), (4, None), (99, 16))] == [None] * 3
