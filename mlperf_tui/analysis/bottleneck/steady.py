"""A verdict that doesn't flicker: for a screen that asks each second."""

from __future__ import annotations

from dataclasses import replace

from mlperf_tui.analysis.bottleneck.evidence import UNKNOWN, Evidence, Verdict
from mlperf_tui.analysis.bottleneck.judge import judge

DWELL_NS = 5_000_000_000
"""How long another verdict must hold before it is believed: a checkpoint or a slow batch is over by then."""

DOUBT_NS = 3 * DWELL_NS
"""When no other one holds for long either, the one of now takes the place of one that hasn't been found so long."""

MISSING_NS = 10_000_000_000
"""Readings missing for longer leave nothing known; as long a leap in time begins anew."""


class Steady:
    """Holds a verdict until another one has held for 5 s; thresholds get a margin in favour of the one that stands."""

    def __init__(self) -> None:
        self._stands: Verdict | None = None
        self._other: str | None = None
        self._other_t = 0
        self._doubt_t = 0
        self._last_t: int | None = None
        self._known_t = 0
        self._began_t = 0

    def see(self, t: int, evidence: Evidence) -> Verdict:
        """The verdict at `t` (monotonic ns) with the evidence of that moment. The first one is believed at once.

        A step back in time, or a leap over more than 10 s, begins anew. What is unknown, at first because no reading or
        step has come yet, gives way to a verdict at once.
        """
        if self._last_t is None or not 0 <= t - self._last_t <= MISSING_NS:
            self._stands, self._other, self._began_t = None, None, t
        self._last_t = t
        evidence = replace(evidence, just_begun=evidence.just_begun or t - self._began_t < MISSING_NS)
        found = judge(evidence, self._stands.value if self._stands else None)
        if self._stands is None and evidence.is_early and found.value == UNKNOWN:
            return found
        self._stands = self._missing(t, found) if evidence.is_missing else self._weigh(t, found)
        return self._stands

    def _missing(self, t: int, found: Verdict) -> Verdict:
        """What stood goes on standing for a while, and then gives way at once."""
        self._other = None
        if self._stands is None or self._stands.value == UNKNOWN or t - self._known_t > MISSING_NS:
            return found
        return self._stands

    def _weigh(self, t: int, found: Verdict) -> Verdict:
        self._known_t = t
        if self._stands is None or self._stands.value in {UNKNOWN, found.value}:
            self._other = None
            return found
        if self._other is None:
            self._doubt_t = t
        if self._other != found.value:
            self._other, self._other_t = found.value, t
        if t - self._other_t < DWELL_NS and t - self._doubt_t < DOUBT_NS:
            return self._stands
        self._other = None
        return found
