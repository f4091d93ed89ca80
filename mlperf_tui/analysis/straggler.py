"""Which rank the others wait for: joined by an exchange all take as long for a step, but not all work as long."""

from __future__ import annotations

import statistics
from collections.abc import Mapping

from mlperf_tui.frozen import frozen

SLOWER = 1.10
"""From so many times the others' own work on, a rank is slower than they: like ranks differ by some percent."""


@frozen
class Straggler:
    """A rank with so much `own` work a step, where the median of the others is `others`, both in the same unit."""

    rank: int
    own: float
    others: float

    @property
    def times(self) -> float:
        """How many times as long."""
        return self.own / self.others


def straggler(own: Mapping[int, float | None]) -> Straggler | None:
    """The rank with the most work of its own a step, where it is clearly more than the others'; by rank, any unit.

    None with one rank, where one of them doesn't tell, and where all are alike.
    """
    known = {rank: time for rank, time in own.items() if time is not None}
    if len(known) < 2 or len(known) < len(own):
        return None
    slowest = max(known, key=lambda rank: known[rank])
    others = statistics.median(time for rank, time in known.items() if rank != slowest)
    if others <= 0 or known[slowest] < SLOWER * others:
        return None
    return Straggler(slowest, known[slowest], others)
